/**
 * Times as Slack shows them: message stamps, day dividers, and the `<!date^…>` tokens
 * (docs.slack.dev/messaging/formatting-message-text#date-formatting), in the reader's own time zone.
 */
const day = 86_400_000;

export interface Clock {
  now: number;
  /** IANA zone; left out, the browser's. */
  timeZone?: string;
  hour12?: boolean;
}

type Options = Intl.DateTimeFormatOptions;

/** Making a formatter costs a hundred times more than using it, and a list asks for one per message. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatted(at: number, options: Options, clock: Clock): string {
  const zone = clock.timeZone === undefined ? {} : { timeZone: clock.timeZone };
  const key = JSON.stringify([options, zone]);
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat('en-US', { ...options, ...zone });
  formatters.set(key, formatter);
  return formatter.format(at);
}

/** "9:05 AM", or "09:05" where the reader's locale counts 24 hours. */
export function timeOfDay(at: number, clock: Clock, seconds = false): string {
  const hour12 = clock.hour12 ?? prefersTwelveHours();
  const options: Options = {
    hour: hour12 ? 'numeric' : '2-digit',
    minute: '2-digit',
    hourCycle: hour12 ? 'h12' : 'h23',
  };
  return formatted(at, seconds ? { ...options, second: '2-digit' } : options, clock);
}

let twelveHours: boolean | null = null;
function prefersTwelveHours(): boolean {
  twelveHours ??= new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions().hour12 ?? true;
  return twelveHours;
}

/** Calendar day in the reader's zone, "2026-11-20": sorts and compares as text. */
export function dayKey(at: number, clock: Clock): string {
  const parts = formatted(at, { year: 'numeric', month: '2-digit', day: '2-digit' }, clock).split('/');
  return `${parts[2]}-${parts[0]}-${parts[1]}`;
}

function relativeDay(at: number, clock: Clock): 'today' | 'yesterday' | 'tomorrow' | null {
  const key = dayKey(at, clock);
  if (key === dayKey(clock.now, clock)) return 'today';
  if (key === dayKey(clock.now - day, clock)) return 'yesterday';
  if (key === dayKey(clock.now + day, clock)) return 'tomorrow';
  return null;
}

function ordinal(at: number, clock: Clock): string {
  const date = Number(formatted(at, { day: 'numeric' }, clock));
  const teen = date >= 11 && date <= 13;
  const last = date % 10;
  return `${date}${teen || last === 0 || last > 3 ? 'th' : last === 1 ? 'st' : last === 2 ? 'nd' : 'rd'}`;
}

const thisYear = (at: number, clock: Clock) =>
  dayKey(at, clock).slice(0, 4) === dayKey(clock.now, clock).slice(0, 4);

function longDate(at: number, clock: Clock, weekday: boolean): string {
  const name = weekday ? `${formatted(at, { weekday: 'long' }, clock)}, ` : '';
  const year = thisYear(at, clock) ? '' : `, ${dayKey(at, clock).slice(0, 4)}`;
  return `${name}${formatted(at, { month: 'long' }, clock)} ${ordinal(at, clock)}${year}`;
}

function shortDate(at: number, clock: Clock): string {
  return formatted(
    at,
    thisYear(at, clock) ? { month: 'short', day: 'numeric' } : { dateStyle: 'medium' },
    clock,
  );
}

/** Label of the divider above a day's messages: "Today", "Yesterday", "Friday, November 20th". */
export function dayLabel(at: number, clock: Clock): string {
  const near = relativeDay(at, clock);
  return near === null ? longDate(at, clock, true) : near.charAt(0).toUpperCase() + near.slice(1);
}

/** Hover text of a stamp: "Nov 20, 2026, 9:05:12 AM". */
export function fullStamp(at: number, clock: Clock): string {
  return `${formatted(at, { dateStyle: 'medium' }, clock)}, ${timeOfDay(at, clock, true)}`;
}

/** "just now", "3 minutes ago", "in 2 hours". */
export function ago(at: number, clock: Clock): string {
  const seconds = Math.round((at - clock.now) / 1000);
  const size = Math.abs(seconds);
  if (size < 45) return 'just now';
  const [amount, unit] =
    size < 2700
      ? [60, 'minute' as const]
      : size < 79_200
        ? [3600, 'hour' as const]
        : [86_400, 'day' as const];
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.round(seconds / amount), unit);
}

/** Fills Slack's date tokens into `format`; an unknown token stays as written. */
export function formatDateTokens(unix: number, format: string, clock: Clock): string {
  const at = unix * 1000;
  const near = relativeDay(at, clock);
  return format.replace(/\{(\w+)\}/g, (token, name: string) => {
    switch (name) {
      case 'date_num':
        return dayKey(at, clock);
      case 'date_slash':
        return dayKey(at, clock).replaceAll('-', '/');
      case 'date':
        return longDate(at, clock, false);
      case 'date_short':
        return shortDate(at, clock);
      case 'date_long':
        return longDate(at, clock, true);
      case 'date_pretty':
        return near ?? longDate(at, clock, false);
      case 'date_short_pretty':
        return near ?? shortDate(at, clock);
      case 'date_long_pretty':
        return near ?? longDate(at, clock, true);
      case 'time':
        return timeOfDay(at, clock);
      case 'time_secs':
        return timeOfDay(at, clock, true);
      case 'ago':
        return ago(at, clock);
      case 'day_divider_pretty':
        return dayLabel(at, clock);
      default:
        return token;
    }
  });
}

/** Milliseconds of a message's ts ("1763700000.000100"). */
export function tsMillis(ts: string): number {
  return Number.parseFloat(ts) * 1000;
}
