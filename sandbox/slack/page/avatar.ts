/** Avatars: initials on a colour that stays the same for a user. */
import type { PageUser } from '../page-api.ts';
import { h } from './dom.ts';
import { slackbot } from './state.ts';

const hues = [205, 152, 28, 340, 262, 95, 190, 12, 300, 48];

export function avatar(user: PageUser | undefined, id: string, size: 'small' | 'large'): HTMLElement {
  const name = id === slackbot ? 'Slackbot' : user?.realName || user?.name || id;
  const letters = name
    .split(/[\s_-]+/)
    .map((word) => word.charAt(0))
    .filter((letter) => /[\p{L}\p{N}]/u.test(letter));
  const initials = (
    letters.length > 1 ? `${letters[0]}${letters.at(-1)}` : (letters[0] ?? '?')
  ).toUpperCase();
  const bot = user?.isBot || id === slackbot;
  const element = h(
    'span',
    { class: `avatar ${size}${bot ? ' bot' : ''}`, attrs: { 'aria-hidden': 'true' } },
    id === slackbot ? '♥' : initials,
  );
  let sum = 0;
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  element.style.setProperty('--hue', String(hues[sum % hues.length]));
  return element;
}
