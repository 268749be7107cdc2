/**
 * The audit of a bot that did a bit of everything: whole jobs, refusals of every kind, a stop, a rejection, a stand-in,
 * and in the end a database that is taken for an older copy. What must hold at every commit is looked at there.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { readAnchors } from '../../src/store/anchor-file.ts';
import { anchorHead } from '../../src/store/anchoring.ts';
import { type AuditAnchor, type AuditRow, auditHead, readAudit } from '../../src/store/audit-chain.ts';
import { retell } from '../../src/store/audit-replay.ts';
import { differencesToTables } from '../../src/store/audit-tables.ts';
import { SqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { SqliteWatch } from '../../src/store/sqlite-watch.ts';
import { type Deed, PERMISSIONS } from '../../src/workflow/permissions.ts';
import { endsNotAnchored } from '../support/ends-anchored.ts';
import { actor, type Harness } from '../support/workflow-harness.ts';
import { withBot } from './wire.ts';

export interface Recorded {
  rows: AuditRow[];
  anchors: AuditAnchor[];
  /** Changing or removing a row of the live database was refused. */
  refusals: number;
  /** The whole database. */
  file: Buffer;
  commits: number;
  /** Commits after which somebody else who looks into the file sees tables and audit differ. */
  apart: string[];
  /** Deeds that were refused and left no row. */
  unwritten: string[];
  /** Heads that should have left the database and did not. */
  unanchored: string[];
}

/** As a tag or a reason may say it. */
const FORGED_HEAD = `Audit head: 999999999:${'a'.repeat(64)}`;

export function record(): Promise<Recorded> {
  const apart: string[] = [];
  let commits = 0;
  let lookedAt: Database.Database | null = null;
  const afterCommit = () => {
    if (lookedAt === null) return;
    commits++;
    const [first, ...more] = differencesToTables(lookedAt, retell(readAudit(lookedAt)));
    if (first)
      apart.push(`after commit ${commits}: ${first}${more.length > 0 ? ` and ${more.length} more` : ''}`);
  };
  return withBot(
    { linux: 2 },
    { commitHooks: { beforeCommit: () => {}, afterCommit } },
    async (bot): Promise<Recorded> => {
      lookedAt = new Database(join(bot.folder, 'patchday.sqlite'), { readonly: true });
      try {
        await stopped(bot);
        const unanchored = await rejectedAndAnchored(bot);
        const runId = await bot.scan();
        await bot.approve(runId, 'UREQ');
        const unwritten = await refusedDeeds(bot, runId);
        await bot.approve(runId);
        await bot.ended(runId);
        unwritten.push(...(await refusedAnswers(bot, runId)));
        await standIn(bot, runId);
        await inDoubt(bot, runId);
        const nothingToDo = await bot.scan();
        await bot.ended(nothingToDo);
        unanchored.push(...endsNotAnchored(bot.store.db));
        const refusals = changesRefused(bot);
        // It stays where it is, and is parked there.
        await bot.host.drain();
        await bot.scan();
        await foreignCommand(bot);
        await bot.service.freeze(actor('UAPP'), { scope: 'all', reason: 'looks odd' });
        bot.store.parkIfBehind([{ name: 'a file', anchor: { seq: 1, hash: 'f'.repeat(64) } }]);
        bot.store.commits.flush();
        const rows = [...readAudit(bot.store.db)];
        const middle = rows[Math.floor(rows.length / 2)];
        if (!middle) throw new Error('the run left no audit');
        const anchors = [middle, auditHead(bot.store.db)].map(({ seq, hash }) => ({ seq, hash }));
        const file = bot.store.db.serialize();
        return { rows, anchors, refusals, file, commits, apart, unwritten, unanchored };
      } finally {
        lookedAt.close();
        lookedAt = null;
      }
    },
  );
}

/** Somebody who may do nothing tries all deeds but the answers: those of which no row tells. */
async function refusedDeeds(bot: Harness, runId: string): Promise<string[]> {
  const { service } = bot;
  const plan = bot.view(runId);
  const planHash = plan.run.planHash ?? '';
  const who = () => actor('UNOBODY');
  const reason = 'because';
  const scan = (options: Parameters<Harness['scan']>[0]) =>
    bot.scan(options, 'UNOBODY').catch(() => undefined);
  const tries: Readonly<Record<Exclude<Deed, 'answer' | 'answer_send'>, () => Promise<unknown>>> = {
    look: () => service.mayLook(who(), 'test'),
    scan: () => scan({ dryRun: true }),
    fresh_scan: () => scan({ dryRun: true, fresh: true }),
    request: () => scan({}),
    approve: () => service.approve(who(), { runId, planHash }),
    reject: () => service.reject(who(), { runId, planHash, reason }),
    exclude: () =>
      service.exclude(who(), {
        runId,
        planHash,
        targets: plan.targets.map((t) => t.key).slice(0, 1),
        reason,
      }),
    stop: () => service.stop(who(), { runId, reason }),
    retry: () => service.retry(who(), { runId }),
    resolve: () => service.resolve(who(), { runId, instance: plan.targets[0]?.instance.name ?? '', reason }),
    release: () => service.release(who(), { runId, reason }),
    freeze: () => service.freeze(who(), { scope: 'all', reason }),
  };
  return withoutRow(bot, Object.entries(tries));
}

/** The same of the answers to a question about a patch command. */
function refusedAnswers(bot: Harness, runId: string): Promise<string[]> {
  const tag = bot.store.effectsOf(runId).find((e) => e.kind === 'install')?.tag ?? '';
  const say = (answer: 'give_up' | 'send_again') => () =>
    bot.service.answer(actor('UNOBODY'), { tag, answer });
  return withoutRow(bot, [
    ['answer', say('give_up')],
    ['answer_send', say('send_again')],
  ]);
}

async function withoutRow(
  bot: Harness,
  tries: readonly (readonly [deed: string, attempt: () => Promise<unknown>])[],
): Promise<string[]> {
  const unwritten: string[] = [];
  for (const [deed, attempt] of tries) {
    const { seq } = auditHead(bot.store.db);
    await attempt();
    const since = [...readAudit(bot.store.db)].filter((r) => r.seq > seq && r.actor === 'UNOBODY');
    if (!since.some((r) => r.action === `denied.${deed}`)) unwritten.push(deed);
  }
  return unwritten;
}

/** Every deed of the table was tried. */
export const DEEDS = PERMISSIONS.length;

/** An approval of an earlier plan, given in somebody's place. */
async function standIn(bot: Harness, runId: string): Promise<void> {
  const standingIn = { for: 'UAPP2', until: Date.now() + 1000 };
  await bot.store.commit(runId, {
    addApproval: { userId: 'UREQ2', at: Date.now(), planHash: 'e'.repeat(64), standingIn },
  });
}

async function foreignCommand(bot: Harness): Promise<void> {
  const commandId = 'c-of-somebody-else';
  const audit = { actor: 'patchday', action: 'command.foreign', text: 'Not ours.', detail: { commandId } };
  await new SqliteWatch(bot.store, Date.now).report({
    commands: [{ commandId, code: 'unknown_tag', runId: null, audit }],
    channel: 'C1',
    alarm: { title: 'A command', lines: [], whatToDo: 'Look.' },
  });
}

/** What a lost answer leaves: an instance on which a command may run, locked until somebody has looked. */
async function inDoubt(bot: Harness, runId: string): Promise<void> {
  const key = bot.store
    .allTargets(runId)
    .map((t) => t.key)
    .sort()
    .at(-1);
  if (key === undefined) throw new Error('the run has no instance');
  await bot.store.commit(runId, {
    targets: [{ key, set: { commandMayRun: true } }],
    instanceLocks: [{ key, runId, reason: 'a patch command may have been sent', until: null }],
  });
}

async function stopped(bot: Harness): Promise<void> {
  const runId = await bot.scan();
  await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'a plan');
  await bot.service.stop(actor('UREQ2'), { runId, reason: 'not today' });
  await bot.ended(runId);
}

/** Ends a run with a reason that looks like a head, and has the head told: what did not leave the database. */
async function rejectedAndAnchored(bot: Harness): Promise<string[]> {
  const { store, service } = bot;
  const runId = await bot.scan();
  const { run } = await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'a plan');
  new SqliteOutbox(store).cardPosted(runId, 'ts', 1);
  await service.reject(actor('UREQ2'), { runId, planHash: run.planHash ?? '', reason: FORGED_HEAD });
  await bot.ended(runId);
  const wrong = endsNotAnchored(store.db);
  await store.audit(null, { actor: 'UNOBODY', action: 'denied.look', text: 'No.' });
  const file = join(bot.folder, 'anchors.txt');
  await anchorHead(store, file, Date.now());
  const head = store.auditHead();
  if (readAnchors(file).at(-1)?.hash !== head.hash) wrong.push('the hourly head is not in the file');
  const told = store.db.prepare(
    "SELECT 1 FROM outbox WHERE news ->> '$.kind' = 'anchor' AND news ->> '$.hash' = ?",
  );
  if (!told.get(head.hash)) wrong.push('the hourly head is not told in a thread');
  return wrong;
}

/** The bot's own connection: what it can do, a defect of it can do. */
function changesRefused({ store: { db } }: Harness): number {
  return [
    "UPDATE audit SET actor = 'nobody' WHERE seq = 1",
    'DELETE FROM audit WHERE seq = 1',
    "INSERT OR REPLACE INTO audit SELECT seq, at, run_id, 'nobody', action, text, detail, prev_hash, hash FROM audit WHERE seq = 1",
  ].filter((sql) => {
    try {
      db.exec(sql);
      return false;
    } catch {
      return true;
    }
  }).length;
}
