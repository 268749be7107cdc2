/** A watch over two landing zones, with an AWS, a store and a log in memory that say what they were asked. */
import { steppedClock } from '../../sandbox/clock.ts';
import type { AuditEntry } from '../../src/workflow/changes.ts';
import type { Place, SentCommand } from '../../src/workflow/ports.ts';
import type { ZonePolicy } from '../../src/workflow/settings.ts';
import type { Alarm, WatchedPlace } from '../../src/workflow/watch/alarm.ts';
import { CommandWatch, type WatchStore } from '../../src/workflow/watch/command-watch.ts';
import { policy } from '../support/settings.ts';
import { NOW, SETTINGS } from './build.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const EVERY = 15 * MINUTE;
const [ZONE] = SETTINGS.zones;
if (!ZONE) throw new Error('the settings have a zone');
/** Two landing zones of two environments, an account each. */
export const SHOP: ZonePolicy = { ...ZONE, regions: ['eu-west-1', 'us-east-1'] };
export const BANK: ZonePolicy = {
  ...ZONE,
  name: 'bank',
  accountId: '222200000002',
  environment: 'bank',
  othersPatchHere: true,
};
export const SHOP_PLACE: WatchedPlace = {
  landingZone: 'shop-prod',
  accountId: '111100000001',
  region: 'eu-west-1',
};
export const BANK_PLACE: WatchedPlace = {
  landingZone: 'bank',
  accountId: '222200000002',
  region: 'eu-west-1',
};

export const command = (n: number, changes: Partial<SentCommand> = {}): SentCommand => ({
  commandId: `c${n}`,
  comment: '',
  document: { name: 'AWS-RunPatchBaseline', version: '1' },
  instanceIds: ['i-00000001'],
  parameters: { Operation: ['Install'] },
  requestedAt: NOW,
  expiresAt: NOW,
  ...changes,
});
interface Report {
  commands: readonly { commandId: string; code: string; runId: string | null; audit: AuditEntry }[];
  channel: string;
  alarm: Alarm;
}

export const SHOP_EU = '111100000001 eu-west-1';
export const SHOP_US = '111100000001 us-east-1';
export const BANK_EU = '222200000002 eu-west-1';

export class WatchRig {
  readonly clock = steppedClock(NOW);
  /** By account and region. */
  readonly atAws: Record<string, SentCommand[]> = {};
  failing: Record<string, Error> = {};
  asked: { place: Place; comment: string; since: number }[] = [];
  readonly reports: Report[] = [];
  readonly written: [WatchedPlace, number][] = [];
  looked = { from: NOW - 100 * DAY, lookedUntil: NOW };
  readonly askedStore: { comments: readonly string[]; runs: readonly string[] }[] = [];
  readonly runs = new Map<string, { askingAws: boolean }>();
  readonly logged: [string, Record<string, unknown>, string][] = [];
  told = 0;
  /** While set, AWS has not answered. */
  gate: Promise<void> | null = null;

  start(): CommandWatch {
    const known = new Set<string>();
    const store: WatchStore = {
      watchFromNow: () => {},
      watched: () => this.looked,
      lookedUntil: async (place, until) => {
        this.written.push([place, until]);
      },
      reported: (ids) => new Set(ids.filter((id) => known.has(id))),
      known: (comments, runs) => {
        this.askedStore.push({ comments, runs });
        return { effects: new Map(), runs: this.runs, lost: [] };
      },
      report: async (request) => {
        this.reports.push(request);
        for (const { commandId } of request.commands) known.add(commandId);
      },
    };
    return new CommandWatch({
      commands: {
        sentSince: async (place, comment, since) => {
          this.asked.push({ place, comment, since });
          if (this.gate) await this.gate;
          const name = `${place.accountId} ${place.region}`;
          if (this.failing[name]) throw this.failing[name];
          return this.atAws[name] ?? [];
        },
      },
      store,
      settings: {
        ...SETTINGS,
        environments: [policy(), policy({ name: 'bank', channelId: 'CBANK' })],
        zones: [SHOP, BANK],
      },
      clock: this.clock,
      log: {
        error: (details, message) => this.logged.push(['error', details, message]),
        warn: (details, message) => this.logged.push(['warn', details, message]),
      },
      every: EVERY,
      told: () => {
        this.told++;
      },
    });
  }
}
