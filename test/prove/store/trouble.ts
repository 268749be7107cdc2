/**
 * A disk that makes trouble while a run goes on: full, read-only, or held by somebody else. Nothing new may be
 * begun meanwhile, it must be said, and the run must go on when it is over, with nothing done twice.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import { until } from '../../support/until.ts';
import { actor, type Harness, startHarness } from '../../support/workflow-harness.ts';

export const TROUBLES = ['full', 'read-only', 'busy', 'damaged'] as const;
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
  let fired = false;
  /** Once: a file that was put right goes its own way. */
  let over = () => {};
  const fleet = smallFleet({ linux: 2 });
  bot = await startHarness({
    fleet,
    folder: trouble === 'full' ? ofSmallPages() : mkdtempSync(join(tmpdir(), 'patchday-trouble-')),
    commitHooks: {
      beforeCommit() {},
      afterCommit() {
        commits++;
        if (commits !== at || !bot) return;
        fired = true;
        const lift = begin(trouble, bot);
        over = () => {
          over = () => {};
          lift();
        };
      },
    },
  });
  const { sim, store, host, service } = bot;
  const violations: string[] = [];
  let said = '';
  try {
    const runId = await bot.scan();
    const seen = () => whatCanBeRead(() => store.run(runId));
    const ended = () => seen()?.phase === 'ended';
    let approvedAt = 0;
    /** A file that the bot does not look into, because it waits for a click, is noticed by whoever clicks next. */
    let clickFailed: string | null = null;
    let inItsWaves = false;
    const people = async () => {
      const phase = seen()?.phase;
      inItsWaves ||= phase === 'waves';
      if (phase === undefined && inItsWaves) return;
      if ((phase !== undefined && phase !== 'await_approval') || performance.now() - approvedAt < 200) return;
      approvedAt = performance.now();
      // While nothing can be written the click fails, and the person clicks again.
      if (phase === 'await_approval') await bot?.approve(runId).catch(() => undefined);
      else
        await service.approve(actor('UAPP'), { runId, planHash: '' }).catch((error: unknown) => {
          clickFailed = String(error);
        });
    };
    const told = () => store.commits.failure ?? host.troubles().get(runId) ?? clickFailed;
    await until(
      async () => {
        await people();
        return ended() || (fired && told() !== null);
      },
      { within: 10_000, describe: `the trouble, or the end; ${commits} commits` },
    );
    if (fired && !ended()) {
      said = told() ?? '';
      if (!store.db.open || said === '') violations.push('nobody was told');
      violations.push(...(await staysStill(bot, runId)));
      over();
      violations.push(...withoutIntent(bot));
    }
    over();
    host.kickAll();
    await until(
      async () => {
        await people();
        return ended();
      },
      { within: 15_000, describe: `the end after the trouble: ${JSON.stringify(seen()?.because)}` },
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
    over();
    await bot.close();
  }
  return { fired, violations, commits, said };
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

function failing(bot: Harness, runId: string): boolean {
  return bot.store.commits.failure !== null || bot.host.troubles().has(runId);
}

/** What was begun before may come to its end; after that nothing more reaches AWS. */
async function staysStill(bot: Harness, runId: string): Promise<string[]> {
  const { sim } = bot;
  const effects = () => sim.control.ledger().filter((e) => e.outcome === 'effect').length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  const before = effects();
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (!failing(bot, runId) && whatCanBeRead(() => bot.store.run(runId)) !== null) return [];
  }
  return effects() === before
    ? []
    : [`${effects() - before} effects at AWS while nothing could be written down`];
}

/** A person who looks into a damaged file sees nothing. */
function whatCanBeRead<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CORRUPT')) return null;
    throw error;
  }
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

function overwrite(path: string, bytes: Buffer, at: number): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, bytes, 0, bytes.length, at);
  } finally {
    closeSync(file);
  }
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
    case 'damaged': {
      // Every page but the first, and nothing of them is remembered: whatever is read or written meets one.
      const path = join(folder, 'patchday.sqlite');
      db.pragma('wal_checkpoint(TRUNCATE)');
      const sound = readFileSync(path);
      const pageSize = Number(db.pragma('page_size', { simple: true }));
      overwrite(path, Buffer.alloc(sound.length - pageSize, 0xff), pageSize);
      db.pragma('shrink_memory');
      return () => {
        overwrite(path, sound, 0);
        if (db.open) db.pragma('shrink_memory');
      };
    }
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
