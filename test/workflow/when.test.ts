import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveWhen } from '../../src/workflow/when.ts';
import { localTime } from '../../src/workflow/zoned-time.ts';

const BERLIN = 'Europe/Berlin';
/** Saturday 21 November 2026, 06:00 in Berlin. */
const now = Date.UTC(2026, 10, 21, 5, 0);

function utc(text: string, context: { now?: number; timeZone?: string; after?: number } = {}): string {
  const when = resolveWhen(text, { now, timeZone: BERLIN, ...context });
  return when.ok ? new Date(when.at).toISOString() : when.text;
}

describe('a time that a person types', () => {
  it.each([
    ['18:00', '2026-11-21T17:00:00.000Z'],
    ['05:00', '2026-11-22T04:00:00.000Z'],
    ['6:30', '2026-11-21T05:30:00.000Z'],
    ['sun 06:00', '2026-11-22T05:00:00.000Z'],
    ['Sunday, 06:00', '2026-11-22T05:00:00.000Z'],
    ['sat 07:00', '2026-11-21T06:00:00.000Z'],
    ['sat 05:00', '2026-11-28T04:00:00.000Z'],
    ['today 23:59', '2026-11-21T22:59:00.000Z'],
    ['tomorrow 02:00', '2026-11-22T01:00:00.000Z'],
    ['2026-12-01 02:00', '2026-12-01T01:00:00.000Z'],
    ['2026-12-01T02:00', '2026-12-01T01:00:00.000Z'],
    ['2026-12-1   2:00', '2026-12-01T01:00:00.000Z'],
    ['  Sun ,  6:00 ', '2026-11-22T05:00:00.000Z'],
    ['06:01', '2026-11-21T05:01:00.000Z'],
    ['06:00', '2026-11-22T05:00:00.000Z'],
    ['sat 06:00', '2026-11-28T05:00:00.000Z'],
    ['fri 23:59', '2026-11-27T22:59:00.000Z'],
    ['2027-11-22 06:00', '2027-11-22T05:00:00.000Z'],
    ['2028-02-29 02:00', 'Tue 2028-02-29 is more than a year away. Check the year.'],
  ])('"%s" is %s', (text, expected) => {
    expect(utc(text)).toBe(expected);
  });

  it('means the time zone of the environment', () => {
    expect(utc('18:00', { timeZone: 'America/New_York' })).toBe('2026-11-21T23:00:00.000Z');
    expect(utc('tomorrow 02:00', { timeZone: 'Asia/Kolkata' })).toBe('2026-11-21T20:30:00.000Z');
  });

  it.each([
    '',
    'soon',
    '25:00',
    '18:60',
    '18',
    'so 18:00',
    'xyz 18:00',
    '18:00 sun',
    '2026-13-01',
    '🕕',
    'x 18:00x',
    '1118:00',
    'su 18:00',
    'x2026-12-01 18:00',
    '2026-12-01x 18:00',
    'sun 18:000',
    'sun t18:00',
  ])('refuses "%s" with examples', (text) => {
    expect(utc(text)).toMatch(/not a time I understand.*"sun 06:00"/);
  });

  it.each([
    [' today 01:00 ', '"today 01:00" is in the past: it is Sat 21 Nov 06:00 in Europe/Berlin.'],
    ['2025-12-01 02:00', '"2025-12-01 02:00" is in the past: it is Sat 21 Nov 06:00 in Europe/Berlin.'],
    ['2030-12-01 02:00', 'Sun 2030-12-01 is more than a year away. Check the year.'],
    ['2027-11-22 06:01', 'Mon 2027-11-22 is more than a year away. Check the year.'],
    ['2027-02-29 02:00', 'There is no day 2027-02-29 in the calendar.'],
    ['2027-13-01 02:00', 'There is no day 2027-13-01 in the calendar.'],
    ['2027-00-10 02:00', 'There is no day 2027-00-10 in the calendar.'],
    ['2027-4-31 02:00', 'There is no day 2027-04-31 in the calendar.'],
    ['2027-4-0 02:00', 'There is no day 2027-04-00 in the calendar.'],
    [
      ' soon ',
      '"soon" is not a time I understand. Write it like "18:00", "sun 06:00", "tomorrow 02:00", "2026-12-01 02:00".',
    ],
  ])('refuses "%s", and says why', (text, why) => {
    expect(utc(text)).toBe(why);
  });

  it('refuses a time that the clocks skip, and names the first that exists', () => {
    const skipped =
      '02:30 on Sun 2027-03-28 does not exist in Europe/Berlin: the clocks are put forward then. Say 03:00 or later, or an earlier time.';
    expect(utc('2027-03-28 02:30')).toBe(skipped);
    expect(utc('02:30', { now: Date.UTC(2027, 2, 27, 22, 0) })).toBe(skipped);
    expect(utc('02:30', { now: Date.UTC(2027, 2, 28, 0, 59) })).toBe(skipped);
  });

  it('passes over a time that the clocks skipped already', () => {
    const gap = Date.UTC(2027, 2, 28, 1, 0);
    expect(utc('02:30', { now: gap })).toBe('2027-03-29T00:30:00.000Z');
    expect(utc('sun 02:30', { now: gap })).toBe('2027-04-04T00:30:00.000Z');
    expect(utc('02:30', { now: gap - 1, after: gap })).toBe('2027-03-29T00:30:00.000Z');
    expect(utc('02:30', { now: gap, after: gap - 7_200_000 })).toBe('2027-03-29T00:30:00.000Z');
  });

  it('takes the first of a time that comes twice and is still to come, and tells', () => {
    const twice = (at: number) => resolveWhen('2026-10-25 02:30', { now: at, timeZone: BERLIN });
    const note = (which: string, hour: string) =>
      `02:30 on Sun 2026-10-25 comes twice in Europe/Berlin, because the clocks are put back then; the ${which} one is meant (2026-10-25 ${hour}:30 UTC).`;
    expect(twice(Date.UTC(2026, 9, 24))).toEqual({
      ok: true,
      at: Date.UTC(2026, 9, 25, 0, 30),
      note: note('first', '00'),
    });
    expect(twice(Date.UTC(2026, 9, 25, 0, 30))).toEqual({
      ok: true,
      at: Date.UTC(2026, 9, 25, 1, 30),
      note: note('second', '01'),
    });
  });

  it('has nothing to tell of any other', () => {
    expect(resolveWhen('18:00', { now, timeZone: BERLIN })).toMatchObject({ ok: true, note: null });
  });

  it('is never the present itself, nor the start of the span', () => {
    expect(utc('2026-11-21 06:00')).toMatch(/in the past/);
    expect(utc(' 2026-11-22 06:00 ', { after: Date.UTC(2026, 10, 22, 5, 0) })).toBe(
      '"2026-11-22 06:00" is not after the start (Sun 22 Nov 06:00, Europe/Berlin).',
    );
    expect(utc('today 18:00', { after: now - 1 })).toBe('2026-11-21T17:00:00.000Z');
    expect(utc('today 05:59', { after: now - 3_600_000 })).toMatch(/in the past/);
  });

  it('keeps the local time over a change of the clocks', () => {
    expect(utc('sun 06:00', { now: Date.UTC(2027, 2, 27, 12) })).toBe('2027-03-28T04:00:00.000Z');
  });

  it('looks for the end of a span after its start', () => {
    const after = Date.UTC(2026, 10, 22, 5, 0);
    expect(utc('18:00', { after })).toBe('2026-11-22T17:00:00.000Z');
    expect(utc('04:00', { after })).toBe('2026-11-23T03:00:00.000Z');
    expect(utc('today 18:00', { after })).toMatch(/not after the start \(Sun 22 Nov 06:00/);
  });

  it('is always in the future and shows the clock time that was asked for', () => {
    const zones = fc.constantFrom(
      BERLIN,
      'America/New_York',
      'Asia/Kolkata',
      'Pacific/Auckland',
      'UTC',
      'America/St_Johns',
    );
    const days = fc.constantFrom(
      '',
      'sun ',
      'mon ',
      'tuesday ',
      'wed ',
      'thu ',
      'fri ',
      'saturday ',
      'tomorrow ',
    );
    const instants = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 0, 1) });
    fc.assert(
      fc.property(zones, days, instants, fc.nat(23), fc.nat(59), (timeZone, day, at, hour, minute) => {
        const clock = `${hour}:${String(minute).padStart(2, '0')}`;
        const when = resolveWhen(`${day}${clock}`, { now: at, timeZone });
        if (!when.ok) return /does not exist/.test(when.text);
        const local = localTime(when.at, timeZone);
        const week = 8 * 86_400_000;
        return when.at > at && when.at - at <= week && local.hour === hour && local.minute === minute;
      }),
      { numRuns: 500 },
    );
  });

  it('never throws for any text', () => {
    fc.assert(
      fc.property(
        fc.string(),
        (text) => typeof resolveWhen(text, { now, timeZone: BERLIN }).ok === 'boolean',
      ),
    );
  });
});
