/** What must be true once everything has ended and nobody has anything left to do. */
import type { AwsSimulator } from '../../../sandbox/aws/server.ts';
import { CHANNELS, USERS } from '../../../sandbox/slack/default-workspace.ts';
import type { PageMessage } from '../../../sandbox/slack/page-api.ts';
import type { SlackSimulator } from '../../../sandbox/slack/server.ts';
import { renderCard } from '../../../src/slack/card.ts';
import { renderNews } from '../../../src/slack/news.ts';
import { readAudit, verifyAudit } from '../../../src/store/audit-chain.ts';
import { newsRow } from '../../../src/store/row-schemas.ts';
import type { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { view } from '../../../src/workflow/service/looking.ts';
import { canComeOf } from '../../crash/thread.ts';
import { endsNotAnchored } from '../../support/ends-anchored.ts';

/** A company at its end: a simulated one, or one in real time. */
export interface Scene {
  readonly aws: AwsSimulator;
  readonly slack: SlackSimulator;
  readonly clock: { now(): number };
  /** Rows of the outbox that were on their way to Slack when a life had ended. */
  readonly newsOnItsWay: ReadonlySet<number>;
  /** The database as the bot has committed it; null when it cannot be read. */
  store(): SqliteStore | null;
  say(line: string): void;
}

export interface EndWitness {
  violation(what: string): void;
  /** Times that the instance of this target was sent an install by the run. */
  installsOf(runId: string, key: string): number;
}

export interface OutboxSeen {
  id: number;
  runId: string;
  news: string;
  state: 'pending' | 'sending' | 'sent' | 'given_up';
  /** Why it was given up. */
  error: string;
}

export function outboxOf({ db }: SqliteStore): OutboxSeen[] {
  return db
    .prepare('SELECT id, run_id AS runId, news, state, error FROM outbox ORDER BY id')
    .all() as OutboxSeen[];
}

/** Nothing is on its way to Slack any more. */
export function saidAll(store: SqliteStore): boolean {
  const { db } = store;
  const stale = db
    .prepare(
      'SELECT count(*) AS n FROM cards c JOIN runs r ON r.id = c.run_id WHERE c.shown_revision < r.revision',
    )
    .get() as { n: number };
  return stale.n === 0 && outboxOf(store).every((row) => row.state === 'sent' || row.state === 'given_up');
}

export function locksLeft({ db }: SqliteStore): string[] {
  const rows = db
    .prepare('SELECT landing_zone AS name FROM zone_locks UNION ALL SELECT key FROM instance_locks')
    .all() as { name: string }[];
  return rows.map((row) => row.name);
}

export function checkEnd(company: Scene, witness: EndWitness): void {
  const store = company.store();
  if (!store) {
    witness.violation('the bot does not run at the end');
    return;
  }
  const wrong = (what: string) => witness.violation(what);
  for (const lock of locksLeft(store)) wrong(`${lock} stays locked`);
  const verdict = verifyAudit(readAudit(store.db));
  if (!verdict.ok) wrong(`the audit is broken at ${verdict.seq}: ${verdict.why}`);
  else company.say(`audit ${verdict.head.seq}:${verdict.head.hash}`);
  for (const missing of endsNotAnchored(store.db)) wrong(missing);
  for (const run of store.runs(100)) {
    company.say(`${run.id} ${run.kind} ${run.end}: ${run.endReason}`);
    checkEndedRun(company, store, witness, run.id);
  }
  checkGivenUp(company, store, wrong);
  company.say(company.slack.control.transcript(CHANNELS.nonprod));
}

/** One run that has ended and of which everything was told: its outcomes, its thread, its card. */
export function checkEndedRun(company: Scene, store: SqliteStore, witness: EndWitness, runId: string): void {
  const wrong = (what: string) => witness.violation(what);
  checkRun(company, store, witness, runId, wrong);
  checkThread(company, store, runId, wrong);
  checkNews(store, runId, wrong);
  checkCard(company, store, runId, wrong);
}

function checkRun(
  company: Scene,
  store: SqliteStore,
  witness: EndWitness,
  runId: string,
  wrong: (what: string) => void,
): void {
  const run = store.run(runId);
  if (!run || run.end === null || run.endReason === '') wrong(`${runId} says neither how nor why it ended`);
  for (const effect of store.effectsOf(runId))
    if (['intended', 'begun', 'needs_attention'].includes(effect.state))
      wrong(`${effect.tag} is left ${effect.state}`);
  for (const target of store.allTargets(runId)) {
    const { key, outcome, stage, instance } = target;
    company.say(`  ${instance.name} ${outcome}: ${target.outcomeReason}`);
    if (stage !== 'done' || outcome === null) {
      wrong(`${key} has no outcome in ${runId} (${stage})`);
      continue;
    }
    const installs = witness.installsOf(runId, key);
    if (['patched', 'patched_reboot_pending'].includes(outcome) && installs === 0)
      wrong(`${key} is ${outcome} in ${runId}, and nothing was sent`);
    // A command that was cancelled, or that its instance never took, was sent and changed nothing.
    const neverRan =
      target.installEnd !== null &&
      ['cancelled', 'not_delivered', 'denied'].includes(target.installEnd.status);
    if (['skipped', 'stopped', 'backed_up'].includes(outcome) && installs > 0 && !neverRan)
      wrong(`${key} is ${outcome} in ${runId}, though a patch command was sent to it`);
  }
  for (const { name, counters } of company.aws.control.instances()) {
    if (counters.patchRaces > 0) wrong(`${name} saw ${counters.patchRaces} patch commands at once`);
  }
}

/** Every message of the thread is a row of the outbox, in its order, once; what counts as sent is there. */
function checkThread(company: Scene, store: SqliteStore, runId: string, wrong: (what: string) => void): void {
  const rows = outboxOf(store)
    .filter((row) => row.runId === runId)
    .map((row) => ({ state: row.state, text: wordsOf(row) }));
  const said = threadOf(company, runId).map((m) => m.text);
  if (canComeOf(rows, said, (message, text) => message.startsWith(text))) return;
  let from = 0;
  for (const { state, text } of rows) {
    if (said[from]?.startsWith(text)) from++;
    else if (state === 'sent')
      wrong(`the thread of ${runId} lacks, or has in another place: ${text.slice(0, 80)}`);
  }
  if (from < said.length)
    wrong(`the thread of ${runId} says twice or out of order: ${said[from]?.slice(0, 80)}`);
}

/** May be said again: batches of one wave, answers to several questions, what a person asks for once more. */
const SAID_AGAIN = /: patching \d+ instances? of |> answered: |^📋 The report of run .* again/;

/** The outbox itself holds nothing twice: a thread that says what its outbox says proves nothing about that. */
function checkNews(store: SqliteStore, runId: string, wrong: (what: string) => void): void {
  const times = new Map<string, number>();
  for (const row of outboxOf(store)) {
    if (row.runId !== runId) continue;
    const text = wordsOf(row);
    if (!SAID_AGAIN.test(text)) times.set(text, (times.get(text) ?? 0) + 1);
  }
  for (const [text, n] of times)
    if (n > 1) wrong(`news is in the outbox ${n} times for ${runId}: ${text.slice(0, 80)}`);
}

/** Only what was on its way may be given up: at a death of the bot, or in a call that Slack did not answer. */
function checkGivenUp(company: Scene, store: SqliteStore, wrong: (what: string) => void): void {
  const givenUp = outboxOf(store).filter((row) => row.state === 'given_up');
  const inDoubt = givenUp.filter((row) => row.error.startsWith('in doubt: '));
  for (const row of givenUp)
    if (!inDoubt.includes(row) && !company.newsOnItsWay.has(row.id))
      wrong(`it gave up news that was not on its way (${row.error}): ${wordsOf(row).slice(0, 80)}`);
  const unanswered = company.slack.control
    .calls()
    .filter(
      (call) =>
        TELLS.test(call.method) &&
        !(typeof call.answered === 'object' && (call.answered?.status ?? 500) < 500),
    );
  if (inDoubt.length > unanswered.length)
    wrong(
      `${inDoubt.length} messages were given up for ${unanswered.length} calls that Slack did not answer`,
    );
}

/** Calls that bring a message to a thread. */
const TELLS = /^(?:chat\.postMessage|files\.|upload)/;

function wordsOf(row: OutboxSeen): string {
  return String(renderNews(newsRow.parse(JSON.parse(row.news))).text);
}

/** What the bot said under any card of the run, in the order in which it stands there. */
export function threadOf(company: Scene, runId: string): PageMessage[] {
  const all = company.slack.control
    .messages({ channel: CHANNELS.nonprod })
    .filter((m) => m.ephemeralTo === null && m.user === USERS.bot);
  const cards = new Set(all.filter((m) => m.threadTs === null && isCardOf(m, runId)).map((m) => m.ts));
  return all.filter((m) => m.threadTs !== null && cards.has(m.threadTs) && m.threadTs !== m.ts);
}

function isCardOf(message: PageMessage, runId: string): boolean {
  return message.text.includes(`run ${runId} for`) || message.text.includes(`backup ${runId} for`);
}

/** The newest card shows exactly what would be rendered from the run as it is. */
function checkCard(company: Scene, store: SqliteStore, runId: string, wrong: (what: string) => void): void {
  const row = store.db.prepare('SELECT channel, ts, state FROM cards WHERE run_id = ?').get(runId) as
    | { channel: string; ts: string | null; state: string }
    | undefined;
  const seen = view({ store }, runId);
  if (!row || !seen || row.state !== 'posted') {
    wrong(`${runId} has no card`);
    return;
  }
  const shown = company.slack.control.messages({ channel: row.channel }).find((m) => m.ts === row.ts);
  if (!shown) {
    wrong(`the card of ${runId} is not in Slack`);
    return;
  }
  const now = company.clock.now();
  const truths = [false, true].map((mayBeDoubled) => renderCard(seen, { now, mayBeDoubled }));
  if (!truths.some((truth) => String(truth.text) === shown.text)) {
    wrong(`the card of ${runId} says "${shown.text}", the truth is "${truths[0]?.text}"`);
    return;
  }
  if (!truths.some((truth) => plain(truth.blocks) === plain(shown.blocks)))
    wrong(`the card of ${runId} shows other blocks than the truth`);
}

/** Without the ids that Slack gives to blocks that have none. */
function plain(blocks: unknown): string {
  return JSON.stringify(blocks, (key, value) => (key === 'block_id' ? undefined : value));
}
