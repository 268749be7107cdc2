/** A small window beside a button (menus, select lists): above everything, closed by Escape or a click outside. */

export interface Popover {
  close(): void;
}

/** Opens `content` beside `anchor`. `onClose` runs once, whatever closed it; focus goes back to the anchor. */
export function openPopover(
  anchor: HTMLElement,
  content: HTMLElement,
  onClose: () => void = () => {},
): Popover {
  content.classList.add('popover');
  content.setAttribute('popover', 'manual');
  // Inside an open dialog everything outside of it is inert, so the popover has to live in that dialog.
  (anchor.closest('dialog') ?? document.body).appendChild(content);
  content.showPopover();
  place(anchor, content);
  let open = true;

  const close = () => {
    if (!open) return;
    open = false;
    const hadFocus = content.contains(document.activeElement);
    document.removeEventListener('pointerdown', outside, true);
    document.removeEventListener('keydown', onEscape, true);
    window.removeEventListener('resize', close);
    document.removeEventListener('scroll', scrolled, true);
    content.remove();
    if (hadFocus && anchor.isConnected) anchor.focus();
    onClose();
  };
  const outside = (event: Event) => {
    if (!(event.target instanceof Node)) return;
    if (!content.contains(event.target) && !anchor.contains(event.target)) close();
  };
  const onEscape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  const scrolled = (event: Event) => {
    if (event.target instanceof Node && content.contains(event.target)) return;
    place(anchor, content);
  };
  document.addEventListener('pointerdown', outside, true);
  document.addEventListener('keydown', onEscape, true);
  window.addEventListener('resize', close);
  document.addEventListener('scroll', scrolled, true);
  return { close };
}

function place(anchor: HTMLElement, content: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const size = content.getBoundingClientRect();
  const below = at.bottom + 4 + size.height <= window.innerHeight - 8;
  const top = below ? at.bottom + 4 : Math.max(8, at.top - 4 - size.height);
  const left = Math.max(8, Math.min(at.left, window.innerWidth - size.width - 8));
  content.style.setProperty('top', `${top}px`);
  content.style.setProperty('left', `${left}px`);
}

/** Arrow keys, Home and End move through `items()`; `use` is told which one is now current. */
export function arrowKeys(event: KeyboardEvent, count: number, current: number): number | null {
  if (count === 0) return null;
  switch (event.key) {
    case 'ArrowDown':
      return (current + 1) % count;
    case 'ArrowUp':
      return (current - 1 + count) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
