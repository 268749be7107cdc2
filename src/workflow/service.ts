/**
 * What a person can ask of Patchday, whatever the front end. Slack and the command line call this and show
 * the answers; nothing else changes a run from outside. A handler never acts on AWS: it writes a row, and
 * the executor acts.
 */
import type { MissingPatch } from './instance.ts';
import type { Scope } from './plan-types.ts';
import type { BackupRecord } from './ports.ts';
import type { Freeze, Run, RunId, RunOptions } from './run-types.ts';
import type { Anchor, News, QuestionAnswer, RunView } from './view.ts';
import type { Alarm } from './watch/alarm.ts';

/** Who clicked or typed, as the front end's signed payload says. */
export interface Actor {
  userId: string;
  /** The workspace of that user. */
  teamId: string;
  /** Where it was typed or clicked. */
  channelId: string;
  /** Single use: the same key a second time changes nothing (trigger id, action timestamp + user). */
  once: string;
}

/** `text` is a complete plain sentence (unescaped) that says what happened, whether anything changed, and what to do next. */
export type Answer<T = unknown> =
  | { ok: true; text: string; value: T }
  | { ok: false; code: string; text: string };

export interface PatchService {
  /** `/patch scan`: creates the run row; the executor discovers, plans and asks for approval. */
  scan(actor: Actor, request: { scope: Scope; options: RunOptions }): Promise<Answer<{ runId: RunId }>>;
  /**
   * `confirmed`: the person confirmed the size of the run a second time. Without it, a run larger than a
   * landing zone allows is answered with code 'needs_confirmation' and nothing is changed.
   */
  approve(actor: Actor, request: { runId: RunId; planHash: string; confirmed?: boolean }): Promise<Answer>;
  reject(actor: Actor, request: { runId: RunId; planHash: string; reason: string }): Promise<Answer>;
  /** Makes a new plan without these targets; earlier approvals are void. */
  exclude(
    actor: Actor,
    request: { runId: RunId; planHash: string; targets: readonly string[]; reason: string },
  ): Promise<Answer<{ planHash: string }>>;
  stop(actor: Actor, request: { runId: RunId; reason: string }): Promise<Answer>;
  /** A new run with the failed targets only; needs its own approval. */
  retry(actor: Actor, request: { runId: RunId }): Promise<Answer<{ runId: RunId }>>;
  freeze(actor: Actor, request: { scope: 'all'; reason: string }): Promise<Answer>;
  unfreeze(actor: Actor, request: { scope: 'all' }): Promise<Answer>;
  /** Closes an unknown target with a reason. */
  resolve(actor: Actor, request: { runId: RunId; instance: string; reason: string }): Promise<Answer>;
  /** Lets a run go on that is parked because the database was restored from a copy. */
  release(actor: Actor, request: { runId: RunId; reason: string }): Promise<Answer>;
  /** Answers a needs-attention question; the first answer wins. */
  answer(actor: Actor, request: { tag: string; answer: QuestionAnswer['id'] }): Promise<Answer>;

  /** Anyone of both groups may look. `view` and `runs` never throw for an unknown run: they answer. */
  view(runId: RunId): RunView | null;
  /** Open runs first, then the newest ended ones. */
  runs(limit: number): Run[];
  freezes(): Freeze[];
  /** Who may look: requesters and approvers. `environment` null = of any. */
  mayLook(actor: Actor, environment: string | null): Promise<Answer>;
  /** Writes down that something was refused before it was looked at: somebody of another workspace, a click of another time. */
  turnAway(actor: Actor, refusal: { code: string; text: string }): Promise<void>;
  backups(actor: Actor, request: { scope: Scope }): Promise<Answer<readonly BackupRecord[]>>;
  /** CVE ids of the missing patches of one instance, by id or name within a run or a landing zone. */
  cves(actor: Actor, request: { instance: string }): Promise<Answer<readonly MissingPatch[]>>;
  /** The finished run's files are posted to its thread again. */
  report(actor: Actor, request: { runId: RunId }): Promise<Answer>;
}

/** What the Slack projection reads and writes; implemented by the store. Every call is synchronous and durable on return. */
export interface Outbox {
  /** Runs whose card is older than the run. */
  staleCards(): RunId[];
  card(runId: RunId): {
    channel: string;
    ts: string | null;
    shownRevision: number;
    state: 'none' | 'sending' | 'posted';
    /** Slack may have another card of this run, which it never confirmed. */
    mayBeDoubled: boolean;
  } | null;
  /** Before posting: so that a crash between posting and `cardPosted` is known to be in doubt. */
  cardSending(runId: RunId): void;
  cardPosted(runId: RunId, ts: string, revision: number): void;
  cardShown(runId: RunId, revision: number): void;
  /** A card that Slack no longer has: it is posted anew. */
  cardLost(runId: RunId): void;
  /** Slack may have taken it or not: it is posted anew, and its card says so from now on. */
  cardInDoubt(runId: RunId): void;
  /** Oldest unsent news of each run, in order, due by `now`; only of runs whose card is posted. */
  due(now: number, limit: number): OutboxRow[];
  sending(id: number, now: number): void;
  sent(id: number, ts: string | null): void;
  /** Certainly not delivered: again after `nextTryAt`. */
  failed(id: number, error: string, nextTryAt: number): void;
  /** In doubt or hopeless: never sent again, the card restores the truth. */
  giveUp(id: number, error: string): void;
  /**
   * For the start of a process. Rows left in 'sending' by a crash become given up; those that wait for their next
   * try are tried at once, because the clock that their time was read from may have been set back. Returns how
   * many were given up.
   */
  recover(): number;
}

export interface OutboxRow {
  id: number;
  runId: RunId;
  channel: string;
  /** Thread to post into. */
  cardTs: string;
  news: News | Anchor;
  attempts: number;
}

/** Alarms and where they are to be told. Every call is synchronous and durable on return. */
export interface AlarmOutbox {
  /**
   * For the start of a process. Left in the middle of being told by a crash: they are told again and say so;
   * those that wait for their next try are tried at once. Returns how many are told again.
   */
  recover(): number;
  due(now: number, limit: number): AlarmRow[];
  /** When the next open one may be tried, ms; null when none is open. */
  nextAt(): number | null;
  sending(id: number): void;
  sent(id: number, ts: string | null): void;
  failed(id: number, error: string, nextTryAt: number, inDoubt: boolean): void;
}

export interface AlarmRow {
  id: number;
  channel: string;
  alarm: Alarm;
  attempts: number;
  /** Slack may have taken it already. */
  mayBeDoubled: boolean;
  /** Of the last attempt; empty before. */
  error: string;
}
