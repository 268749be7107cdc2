import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  instantOf,
  instantsOf,
  localText,
  localTime,
  nextWindow,
  WEEKDAYS,
} from '../../src/workflow/zoned-time.ts';

const HOUR = 3_600_000;
const BERLIN = 'Europe/Berlin';
const NEW_YORK = 'America/New_York';
/** The clocks move by half an hour. */
const LORD_HOWE = 'Australia/Lord_Howe';
const ZONES = [
  BERLIN,
  NEW_YORK,
  LORD_HOWE,
  'UTC',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'America/St_Johns',
];

const at = (year: number, month: number, day: number, hour: number, minute = 0) => ({
  year,
  month,
  day,
  hour,
  minute,
  second: 0,
});
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16);

describe('local times', () => {
  it('of every instant lead back to that instant', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: Date.UTC(2020, 0, 1) / 1000, max: Date.UTC(2040, 0, 1) / 1000 })
          .map((s) => s * 1000),
        fc.constantFrom(...ZONES),
        (instant, zone) => {
          const instants = instantsOf(localTime(instant, zone), zone);
          expect(instants).toContain(instant);
          expect(instants.length).toBeLessThanOrEqual(2);
          expect(instants).toEqual([...instants].sort((a, b) => a - b));
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('around every change of the clocks lead back, minute by minute', () => {
    for (const [zone, change] of [
      [BERLIN, Date.UTC(2026, 2, 29, 1)],
      [BERLIN, Date.UTC(2026, 9, 25, 1)],
      [NEW_YORK, Date.UTC(2026, 2, 8, 7)],
      [NEW_YORK, Date.UTC(2026, 10, 1, 6)],
      [LORD_HOWE, Date.UTC(2026, 3, 4, 15)],
      [LORD_HOWE, Date.UTC(2026, 9, 3, 15, 30)],
    ] as const) {
      for (let minutes = -120; minutes <= 120; minutes++) {
        const instant = change + minutes * 60_000;
        expect(instantsOf(localTime(instant, zone), zone)).toContain(instant);
      }
    }
  });

  for (const [zone, skipped, after, twice, both] of [
    [
      BERLIN,
      at(2026, 3, 29, 2, 30),
      '2026-03-29T01:00',
      at(2026, 10, 25, 2, 30),
      ['2026-10-25T00:30', '2026-10-25T01:30'],
    ],
    [
      NEW_YORK,
      at(2026, 3, 8, 2, 30),
      '2026-03-08T07:00',
      at(2026, 11, 1, 1, 30),
      ['2026-11-01T05:30', '2026-11-01T06:30'],
    ],
    [
      LORD_HOWE,
      at(2026, 10, 4, 2, 15),
      '2026-10-03T15:30',
      at(2026, 4, 5, 1, 45),
      ['2026-04-04T14:45', '2026-04-04T15:15'],
    ],
  ] as const) {
    it(`in ${zone} exist never in the hour that is skipped, twice in the one that is repeated`, () => {
      expect(instantsOf(skipped, zone)).toEqual([]);
      expect(iso(instantOf(skipped, zone))).toBe(after);
      expect(instantsOf(twice, zone).map(iso)).toEqual(both);
      expect(iso(instantOf(twice, zone))).toBe(both[0]);
    });
  }

  it('that are skipped for up to three hours become the first after them; a skipped day is an error', () => {
    const casey = instantOf(at(2009, 10, 18, 2), 'Antarctica/Casey');
    expect(iso(casey)).toBe('2009-10-17T18:00');
    expect(() => instantOf(at(2011, 12, 30, 12), 'Pacific/Apia')).toThrow(
      new RangeError('no such local time in Pacific/Apia'),
    );
  });

  it('are shown in the zone', () => {
    expect(localText(Date.UTC(2026, 10, 22, 5), BERLIN)).toBe('Sun 22 Nov 06:00');
  });

  it('of a zone that does not exist are a mistake', () => {
    expect(() => localTime(0, 'Europe/Atlantis')).toThrow(RangeError);
  });
});

describe('the next window', () => {
  const SUNDAY = { days: ['sun' as const], from: '02:00', until: '06:00' };
  const window = (w: Parameters<typeof nextWindow>[0], zone: string, now: number, left = 0) => {
    const { start, end } = nextWindow(w, zone, now, left);
    return [iso(start), iso(end)];
  };

  it('stays at its local time over both changes of the clocks, and is an hour shorter or longer then', () => {
    expect(window({ ...SUNDAY, from: '01:00' }, BERLIN, Date.UTC(2026, 2, 27))).toEqual([
      '2026-03-29T00:00',
      '2026-03-29T04:00',
    ]);
    expect(window({ ...SUNDAY, from: '01:00' }, BERLIN, Date.UTC(2026, 9, 23))).toEqual([
      '2026-10-24T23:00',
      '2026-10-25T05:00',
    ]);
    expect(window(SUNDAY, NEW_YORK, Date.UTC(2026, 10, 2))).toEqual(['2026-11-08T07:00', '2026-11-08T11:00']);
  });

  it('that begins in the skipped hour begins after it', () => {
    expect(window(SUNDAY, BERLIN, Date.UTC(2026, 2, 27))).toEqual(['2026-03-29T01:00', '2026-03-29T04:00']);
    expect(window({ ...SUNDAY, from: '02:15' }, LORD_HOWE, Date.UTC(2026, 9, 1))).toEqual([
      '2026-10-03T15:30',
      '2026-10-03T19:00',
    ]);
  });

  it('over midnight belongs to the day on which it begins', () => {
    const night = { days: ['sat' as const], from: '22:00', until: '04:00' };
    expect(window(night, BERLIN, Date.UTC(2026, 10, 18))).toEqual(['2026-11-21T21:00', '2026-11-22T03:00']);
    // Sunday, 01:00 in Berlin: the window of Saturday is still open.
    expect(window(night, BERLIN, Date.UTC(2026, 10, 22, 0))).toEqual([
      '2026-11-22T00:00',
      '2026-11-22T03:00',
    ]);
    expect(window(night, BERLIN, Date.UTC(2026, 10, 22, 3))).toEqual([
      '2026-11-28T21:00',
      '2026-11-29T03:00',
    ]);
  });

  it('that ends when it begins lasts a day', () => {
    expect(window({ days: ['mon'], from: '00:00', until: '00:00' }, 'UTC', Date.UTC(2026, 10, 18))).toEqual([
      '2026-11-23T00:00',
      '2026-11-24T00:00',
    ]);
  });

  it('that is open has what is left of it, and is skipped when that is too little', () => {
    const inside = Date.UTC(2026, 10, 22, 3);
    expect(window(SUNDAY, BERLIN, inside, 2 * HOUR)).toEqual(['2026-11-22T03:00', '2026-11-22T05:00']);
    expect(window(SUNDAY, BERLIN, inside, 2 * HOUR + 1)).toEqual(['2026-11-29T01:00', '2026-11-29T05:00']);
    expect(window(SUNDAY, BERLIN, Date.UTC(2026, 10, 22, 5))).toEqual([
      '2026-11-29T01:00',
      '2026-11-29T05:00',
    ]);
  });

  it('that is never long enough is an error, not an endless search', () => {
    const none = new RangeError('no window in the next two weeks is long enough');
    expect(() => nextWindow(SUNDAY, BERLIN, Date.UTC(2026, 10, 18), 5 * HOUR)).toThrow(none);
    expect(() => nextWindow({ ...SUNDAY, days: [] }, BERLIN, 0, 0)).toThrow(none);
  });

  it.each(['noon', 'x02:00', '02:00x', '2:0'])('of "%s" is an error', (from) => {
    expect(() => nextWindow({ ...SUNDAY, from }, BERLIN, 0, 0)).toThrow(
      new RangeError(`not a time of day: ${from}`),
    );
  });

  it('is looked for as far as the Sunday after the next', () => {
    // The next one is an hour short: the clocks are put forward in it.
    const open = Date.UTC(2026, 2, 22, 4);
    expect(window(SUNDAY, BERLIN, open, 3.5 * HOUR)).toEqual(['2026-04-05T00:00', '2026-04-05T04:00']);
  });

  it('that ends some minutes before it begins lasts until the next day', () => {
    const long = { days: ['sun' as const], from: '02:30', until: '02:15' };
    expect(window(long, 'UTC', Date.UTC(2026, 10, 20))).toEqual(['2026-11-22T02:30', '2026-11-23T02:15']);
  });

  it.each([
    ['sun', '2026-11-22'],
    ['mon', '2026-11-23'],
    ['tue', '2026-11-24'],
    ['wed', '2026-11-25'],
    ['thu', '2026-11-26'],
    ['fri', '2026-11-27'],
    ['sat', '2026-11-28'],
  ] as const)('on %s is on a %s', (day, date) => {
    const asked = { days: [day], from: '02:00', until: '06:00' };
    expect(window(asked, 'UTC', Date.UTC(2026, 10, 21, 7))).toEqual([`${date}T02:00`, `${date}T06:00`]);
  });

  it('is never before now, never empty, has its least length, and lies on a day asked for', () => {
    const clock = fc
      .tuple(fc.nat({ max: 23 }), fc.nat({ max: 59 }))
      .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 0, 1) }),
        fc.constantFrom(...ZONES),
        fc.subarray([...WEEKDAYS], { minLength: 1 }),
        clock,
        clock,
        fc.integer({ min: 0, max: 6 * HOUR }),
        (now, zone, days, from, until, left) => {
          let found: { start: number; end: number };
          try {
            found = nextWindow({ days, from, until }, zone, now, left);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
            return;
          }
          expect(found.start).toBeGreaterThanOrEqual(now);
          expect(found.end).toBeGreaterThan(now);
          expect(found.end - found.start).toBeGreaterThanOrEqual(left);
          expect(found.end - found.start).toBeLessThanOrEqual(25 * HOUR);
          expect(found.start - now).toBeLessThanOrEqual(15 * 24 * HOUR);
        },
      ),
      { numRuns: 800 },
    );
  });
});
