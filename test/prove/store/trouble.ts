/**
 * A disk that makes trouble while a run goes on: full, read-only, or held by somebody else. Nothing new may be
 * begun meanwhile, it must be said, and the run must go on when it is over, with nothing done twice.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import { until } from '../../support/until.ts';
import { type Harness, startHarness } from '../../support/workflow-harness.ts';

export const TROUBLES = ['full', 'read-only', 'busy'] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface Troubled {
  /** The run came as far as the commit at which the trouble begins. */
  fired: boolean;
  violations: string[];
  /** How many commits the run took. */
  commits: number;
  /** What /readyz and the log have to say it with. */
  said: string;
}

/** A whole run during which the trouble begins right after the `at`th commit and is over some time later. */
export async function runThrough(trouble: Trouble, at: number): Promise<Troubled> {
  let commits = 0;
  let bot: Harness | null = null;
  let lift: (() => void) | null = null;
  const fleet = smallFleet({ linux: 2 });
  bot = await startHarness({
    fleet,
    folder: trouble === 'full' ? ofSmallPages() : mkdtempSync(join(tmpdir(), 'patchday-trouble-')),
    commitHooks: {
      beforeCommit() {},
      afterCommit() {
        commits++;
        if (commits === at && bot) lift = begin(trouble, bot);
      },
    },
  });
  const { sim, store, host } = bot;
  const violations: string[] = [];
  let said = '';
  try {
    const runId = await bot.scan();
    const ended = () => store.run(runId)?.phase === 'ended';
    let approvedAt = 0;
    const people = async () => {
      const run = store.run(runId);
      if (run?.phase === 'await_approval' && performance.now() - approvedAt > 200) {
        approvedAt = performance.now();
        // While nothing can be written the click fails, and the person clicks again.
        await bot?.approve(runId).catch(() => undefined);
      }
    };
    await until(
      async () => {
        await people();
        return (
          ended() ||
          (lift !== null &&
            (store.commits.failure ?? host.troubles().get(runId)) !== undefined &&
            failing(bot, runId))
        );
      },
      { within: 10_000, describe: `the trouble, or the end; ${commits} commits` },
    );
    if (lift !== null && !ended()) {
      said = store.commits.failure ?? host.troubles().get(runId) ?? '';
      if (!store.db.open || said === '') violations.push('nobody was told');
      violations.push(...(await staysStill(bot)), ...withoutIntent(bot));
    }
    (lift as (() => void) | null)?.();
    host.kickAll();
    await until(
      async () => {
        await people();
        return ended();
      },
      { within: 15_000, describe: `the end after the trouble: ${JSON.stringify(store.run(runId)?.because)}` },
    );
    for (const { name } of sim.control.instances()) {
      const { installs, imagesBegun } = sim.control.instance(name).counters;
      if (installs !== 1) violations.push(`${name} was patched ${installs} times`);
      if (imagesBegun !== 1) violations.push(`${name} was backed up ${imagesBegun} times`);
    }
    if (store.run(runId)?.end !== 'completed') violations.push(`the run ended as ${store.run(runId)?.end}`);
  } catch (error) {
    violations.push(error instanceof Error ? error.message : String(error));
  } finally {
    (lift as (() => void) | null)?.();
    await bot.close();
  }
  return { fired: lift !== null, violations, commits, said };
}

/** A new database of SQLite's smallest pages: almost every write needs another, so that a full file takes none. */
function ofSmallPages(): string {
  const folder = mkdtempSync(join(tmpdir(), 'patchday-trouble-'));
  const db = new Database(join(folder, 'patchday.sqlite'));
  db.pragma('page_size = 512');
  db.exec('VACUUM');
  db.close();
  return folder;
}

function failing(bot: Harness | null, runId: string): boolean {
  return bot !== null && (bot.store.commits.failure !== null || bot.host.troubles().has(runId));
}

/** What was begun before may come to its end; after that nothing more reaches AWS. */
async function staysStill({ sim, store }: Harness): Promise<string[]> {
  const effects = () => sim.control.ledger().filter((e) => e.outcome === 'effect').length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  const before = effects();
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (store.commits.failure === null) return [];
  }
  return effects() === before
    ? []
    : [`${effects() - before} effects at AWS while nothing could be written down`];
}

const WITH_INTENT = ['CreateImage', 'StartInstances', 'StopInstances', 'SendCommand'];

/** Each change at AWS has a row that was written down before it. */
function withoutIntent({ sim, store }: Harness): string[] {
  const made = sim.control
    .ledger()
    .filter((e) => e.outcome === 'effect' && WITH_INTENT.includes(e.operation)).length;
  const written = Number(store.db.prepare('SELECT count(*) FROM effects').pluck().get());
  return made <= written ? [] : [`${made} changes at AWS while ${written} intents could be written down`];
}

/** Returns how it is lifted. */
function begin(trouble: Trouble, { store: { db }, folder }: Harness): () => void {
  switch (trouble) {
    case 'full': {
      db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true }))}`);
      return () => void db.pragma('max_page_count = 1000000');
    }
    case 'read-only':
      db.pragma('query_only = ON');
      return () => void db.pragma('query_only = OFF');
    case 'busy': {
      // The bot itself waits for five seconds; here, nobody has so much time.
      db.pragma('busy_timeout = 5');
      const other = new Database(join(folder, 'patchday.sqlite'));
      other.exec('BEGIN IMMEDIATE');
      return () => {
        other.close();
        if (db.open) db.pragma('busy_timeout = 5000');
      };
    }
  }
}
