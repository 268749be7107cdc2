/**
 * When a person says "sun 06:00": to an instant, in the time zone of the environment. Pure: the present is
 * given. Weekdays and times of day mean the next one; days are days of the local calendar, so that 06:00
 * stays 06:00 over a change of the clocks.
 */
import { instantOf, instantsOf, type LocalTime, localText, localTime } from './zoned-time.ts';

/** `at` in ms since the epoch; `note` tells what had to be chosen, null when nothing. */
export type When = { ok: true; at: number; note: string | null } | { ok: false; text: string };

export interface WhenContext {
  now: number;
  /** IANA, e.g. "Europe/Berlin". */
  timeZone: string;
  /** The answer is the first such time after this (ms); `now` when left out. For the end of a span: its start. */
  after?: number;
}

export const WHEN_EXAMPLES = '"18:00", "sun 06:00", "tomorrow 02:00", "2026-12-01 02:00"';

const DAY = 86_400_000;
/** Nobody plans further ahead, and a typing mistake in the year is likelier. */
const FURTHEST = 366 * DAY;
const DAY_NAMES = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

interface CalendarDay {
  year: number;
  month: number;
  day: number;
}

type Wanted =
  | { kind: 'next' }
  | { kind: 'weekday'; index: number }
  | { kind: 'in_days'; days: number }
  | { kind: 'date'; date: CalendarDay };

/**
 * Resolves `text`. Never throws for any text; an unknown time zone throws RangeError (the configuration
 * checks zones). A local time that the clocks skip is refused with the reason; of one that comes twice the
 * first is taken, and `note` says so.
 */
export function resolveWhen(text: string, { now, timeZone, after = now }: WhenContext): When {
  const cleaned = text
    .trim()
    .toLowerCase()
    .replace(/[\s,]+/g, ' ');
  const parsed = parse(cleaned);
  if (!parsed) {
    return {
      ok: false,
      text: `"${text.trim()}" is not a time I understand. Write it like ${WHEN_EXAMPLES}.`,
    };
  }
  const { hour, minute, wanted } = parsed;
  if (wanted.kind === 'date' && !isRealDate(wanted.date)) {
    return { ok: false, text: `There is no day ${dateText(wanted.date)} in the calendar.` };
  }
  const from = Math.max(now, after);
  for (const day of candidateDays(wanted, localTime(from, timeZone), localTime(now, timeZone))) {
    const local: LocalTime = { ...day, hour, minute, second: 0 };
    const instants = instantsOf(local, timeZone);
    if (instants.length === 0) {
      // The skipped hour belongs to this day; the day after would surprise.
      if (instantOf(local, timeZone) <= from) continue;
      return { ok: false, text: skippedText(local, timeZone) };
    }
    const at = instants.find((instant) => instant > from);
    if (at === undefined) continue;
    if (at - now > FURTHEST) {
      return { ok: false, text: `${dateText(day)} is more than a year away. Check the year.` };
    }
    return { ok: true, at, note: instants.length > 1 ? twiceText(local, at, instants, timeZone) : null };
  }
  return { ok: false, text: pastText(text, after, now, timeZone) };
}

function parse(text: string): { hour: number; minute: number; wanted: Wanted } | null {
  const match = /^(?:(.+?)[ t])?(\d{1,2}):(\d{2})$/.exec(text);
  if (!match) return null;
  const hour = Number(match[2]);
  const minute = Number(match[3]);
  if (hour > 23 || minute > 59) return null;
  const wanted = parseDay(match[1]);
  return wanted && { hour, minute, wanted };
}

function parseDay(text: string | undefined): Wanted | null {
  if (text === undefined) return { kind: 'next' };
  if (text === 'today') return { kind: 'in_days', days: 0 };
  if (text === 'tomorrow') return { kind: 'in_days', days: 1 };
  const date = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (date) {
    return { kind: 'date', date: { year: Number(date[1]), month: Number(date[2]), day: Number(date[3]) } };
  }
  if (text.length < 3) return null;
  const index = DAY_NAMES.findIndex((name) => name.startsWith(text));
  return index < 0 ? null : { kind: 'weekday', index };
}

/** Days to try in order; the first whose time is still to come is meant. */
function candidateDays(wanted: Wanted, base: CalendarDay, today: CalendarDay): CalendarDay[] {
  switch (wanted.kind) {
    case 'next':
      return [addDays(base, 0), addDays(base, 1)];
    case 'weekday': {
      const thisWeek = wanted.index - weekdayOf(base);
      return [addDays(base, thisWeek), addDays(base, thisWeek + 7)];
    }
    case 'in_days':
      return [addDays(today, wanted.days)];
    case 'date':
      return [wanted.date];
  }
}

function addDays({ year, month, day }: CalendarDay, days: number): CalendarDay {
  const d = new Date(Date.UTC(year, month - 1, day + days));
  return { year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate() };
}

function weekdayOf({ year, month, day }: CalendarDay): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

function isRealDate(date: CalendarDay): boolean {
  // A day or a month that does not exist runs over into another month.
  return addDays(date, 0).month === date.month;
}

function clockText(hour: number, minute: number): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

function dateText(day: CalendarDay): string {
  const name = isRealDate(day) ? (DAY_NAMES[weekdayOf(day)] ?? '') : '';
  const weekday = name && `${name.charAt(0).toUpperCase()}${name.slice(1, 3)} `;
  return `${weekday}${day.year}-${String(day.month).padStart(2, '0')}-${String(day.day).padStart(2, '0')}`;
}

function skippedText(local: LocalTime, timeZone: string): string {
  const firstAfter = localTime(instantOf(local, timeZone), timeZone);
  return (
    `${clockText(local.hour, local.minute)} on ${dateText(local)} does not exist in ${timeZone}: ` +
    `the clocks are put forward then. Say ${clockText(firstAfter.hour, firstAfter.minute)} or later, or an earlier time.`
  );
}

function twiceText(local: LocalTime, at: number, instants: readonly number[], timeZone: string): string {
  const which = at === instants[0] ? 'first' : 'second';
  return (
    `${clockText(local.hour, local.minute)} on ${dateText(local)} comes twice in ${timeZone}, because the clocks ` +
    `are put back then; the ${which} one is meant (${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC).`
  );
}

function pastText(text: string, after: number, now: number, timeZone: string): string {
  return after > now
    ? `"${text.trim()}" is not after the start (${localText(after, timeZone)}, ${timeZone}).`
    : `"${text.trim()}" is in the past: it is ${localText(now, timeZone)} in ${timeZone}.`;
}
