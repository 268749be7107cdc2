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
  ])('"%s" is %s', (text, expected) => {
    expect(utc(text)).toBe(expected);
  });

  it('means the time zone of the environment', () => {
    expect(utc('18:00', { timeZone: 'America/New_York' })).toBe('2026-11-21T23:00:00.000Z');
    expect(utc('tomorrow 02:00', { timeZone: 'Asia/Kolkata' })).toBe('2026-11-21T20:30:00.000Z');
  });

  it.each(['', 'soon', '25:00', '18:60', '18', 'so 18:00', 'xyz 18:00', '18:00 sun', '2026-13-01', '🕕'])(
    'refuses "%s" with examples',
    (text) => {
      expect(utc(text)).toMatch(/not a time I understand.*"sun 06:00"/);
    },
  );

  it('refuses what is past, far away or not in the calendar, and says so', () => {
    expect(utc('today 01:00')).toMatch(/in the past: it is Sat 21 Nov 06:00 in Europe\/Berlin/);
    expect(utc('2025-12-01 02:00')).toMatch(/in the past/);
    expect(utc('2030-12-01 02:00')).toMatch(/more than a year away/);
    expect(utc('2027-02-29 02:00')).toMatch(/no day 2027-02-29/);
  });

  it('refuses a time that the clocks skip, and names the first that exists', () => {
    expect(utc('2027-03-28 02:30')).toMatch(/does not exist in Europe\/Berlin.*03:00 or later/);
    const before = Date.UTC(2027, 2, 27, 22, 0);
    expect(utc('02:30', { now: before })).toMatch(/does not exist/);
  });

  it('takes the first of a time that comes twice, and tells', () => {
    const when = resolveWhen('2026-10-25 02:30', { now: Date.UTC(2026, 9, 24), timeZone: BERLIN });
    expect(when).toMatchObject({ ok: true, at: Date.UTC(2026, 9, 25, 0, 30) });
    expect(when.ok && when.note).toMatch(/comes twice.*first one is meant/);
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
