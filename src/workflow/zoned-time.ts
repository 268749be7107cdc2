/**
 * Local times in an IANA time zone, on Intl (the platform's own zone data). A maintenance window is local:
 * "Sunday 02:00" stays 02:00 over a change of the clocks.
 */
export type Weekday = 'sun' | 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat';
export const WEEKDAYS: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export interface LocalTime {
  year: number;
  /** 1–12 */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string): Intl.DateTimeFormat {
  let found = formatters.get(timeZone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    formatters.set(timeZone, found);
  }
  return found;
}

/** What the clock on the wall shows in `timeZone` at `at` (ms since the epoch). */
export function localTime(at: number, timeZone: string): LocalTime {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatter(timeZone).formatToParts(at)) parts[type] = Number(value);
  const part = (name: string) => parts[name] ?? 0;
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
}

function asUtc(t: LocalTime): number {
  return Date.UTC(t.year, t.month - 1, t.day, t.hour, t.minute, t.second);
}

/**
 * All instants at which the wall clock in `timeZone` shows `local`: one as a rule, none in the hour that
 * is skipped in spring, two in the hour that is repeated in autumn. Earliest first; ms since the epoch.
 */
export function instantsOf(local: LocalTime, timeZone: string): number[] {
  const wanted = asUtc(local);
  const found = new Set<number>();
  // No zone is further than 15 h from UTC; the offset just before and just after is all that can apply.
  for (const probe of [wanted - 16 * 3_600_000, wanted, wanted + 16 * 3_600_000]) {
    const offset = asUtc(localTime(probe, timeZone)) - Math.floor(probe / 1000) * 1000;
    const candidate = wanted - offset;
    if (asUtc(localTime(candidate, timeZone)) === wanted) found.add(candidate);
  }
  // The offset before a repeated hour is the larger one, so the earlier instant was found first.
  return [...found];
}

/** Like `instantsOf`, but a skipped time becomes the first instant after the gap, and of two the earlier is taken. */
export function instantOf(local: LocalTime, timeZone: string): number {
  const exact = instantsOf(local, timeZone)[0];
  if (exact !== undefined) return exact;
  for (let minutes = 1; minutes <= 180; minutes++) {
    const later = asUtc({ ...local, minute: local.minute + minutes });
    const shifted = fromUtcFields(later);
    const hit = instantsOf(shifted, timeZone)[0];
    if (hit !== undefined) return hit;
  }
  throw new RangeError(`no such local time in ${timeZone}`);
}

function fromUtcFields(ms: number): LocalTime {
  const d = new Date(ms);
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth() + 1,
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
  };
}

export interface WeeklyWindow {
  days: readonly Weekday[];
  /** "HH:MM" local. */
  from: string;
  /** "HH:MM" local; at or before `from` means the next day. */
  until: string;
}

function parseClock(text: string): { hour: number; minute: number } {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (!match) throw new RangeError(`not a time of day: ${text}`);
  return { hour: Number(match[1]), minute: Number(match[2]) };
}

/**
 * The weekly window that is open at `now`, or else the next one. `minLeftMs` skips an open window that has
 * less than that left. Start is never before `now`.
 */
export function nextWindow(
  window: WeeklyWindow,
  timeZone: string,
  now: number,
  minLeftMs: number,
): { start: number; end: number } {
  const today = localTime(now, timeZone);
  const from = parseClock(window.from);
  const until = parseClock(window.until);
  const overnight = until.hour * 60 + until.minute <= from.hour * 60 + from.minute;
  for (let ahead = -1; ahead <= 14; ahead++) {
    const day = fromUtcFields(Date.UTC(today.year, today.month - 1, today.day + ahead));
    const weekday = new Date(Date.UTC(day.year, day.month - 1, day.day)).getUTCDay();
    if (!window.days.some((wanted) => WEEKDAYS.indexOf(wanted) === weekday)) continue;
    const start = instantOf({ ...day, ...from, second: 0 }, timeZone);
    const endDay = overnight ? fromUtcFields(Date.UTC(day.year, day.month - 1, day.day + 1)) : day;
    const end = instantOf({ ...endDay, ...until, second: 0 }, timeZone);
    if (end - Math.max(start, now) >= minLeftMs && end > now) return { start: Math.max(start, now), end };
  }
  throw new RangeError('no window in the next two weeks is long enough');
}

/** "Sun 22 Nov 06:00" in the zone, for people. */
export function localText(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
    .format(at)
    .replace(',', '');
}
