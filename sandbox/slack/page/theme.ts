/** Light or dark: what the system prefers until the person chooses. */
import { fill, h, icon } from './dom.ts';

const key = 'slack-sandbox-theme';
const moon = 'M15.500 12.500A6.500 6.500 0 017.500 4.500a6.500 6.500 0 108 8z';
const sun =
  'M10 6.500a3.500 3.500 0 100 7 3.500 3.500 0 000-7zM10 1.500v2M10 16.500v2M1.500 10h2M16.500 10h2M4 4l1.400 1.400M14.600 14.600L16 16M4 16l1.400-1.400M14.600 5.400L16 4';

function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

export function restoreTheme(): void {
  try {
    const kept = localStorage.getItem(key);
    if (kept === 'dark' || kept === 'light') document.documentElement.dataset['theme'] = kept;
  } catch {
    // Without storage the system's preference holds.
  }
}

export function themeButton(): HTMLElement {
  const button = h('button', { class: 'btn quiet theme', attrs: { type: 'button' } });
  const draw = () => {
    const label = isDark() ? 'Use light theme' : 'Use dark theme';
    button.setAttribute('aria-label', label);
    button.title = label;
    fill(button, icon(isDark() ? sun : moon, 18));
  };
  button.addEventListener('click', () => {
    const next = isDark() ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    try {
      localStorage.setItem(key, next);
    } catch {
      // The choice then lasts until the page is loaded again.
    }
    draw();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  draw();
  return button;
}
