/** What must be true of each job of the soak once it has ended, and of all of it at the end. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { AwsSimulator } from '../../../sandbox/aws/server.ts';
import type { SlackSimulator } from '../../../sandbox/slack/server.ts';
import { ANCHOR_FILE, readAnchors } from '../../../src/store/anchor-file.ts';
import { readAudit, verifyAudit } from '../../../src/store/audit-chain.ts';
import { SqliteStore } from '../../../src/store/sqlite-store.ts';
import type { Target } from '../../../src/workflow/run-types.ts';
import { leaked } from '../../crash/lives.ts';
import { foreignCommands } from '../../crash/rows.ts';
import { GOOD, kindOf, type Wrong } from '../../crash/verdict.ts';
import { installsByRun, isInstall } from '../installs.ts';
import { checkEnd, checkEndedRun, type EndWitness, type Scene } from '../world/end-checks.ts';

export class Judge {
  readonly found: Wrong[] = [];
  /** How instances ended, and how runs did. */
  readonly outcomes = new Map<string, number>();
  readonly newsOnItsWay = new Set<number>();
  readonly #folder: string;
  readonly #aws: AwsSimulator;
  readonly #slack: SlackSimulator;

  constructor(folder: string, aws: AwsSimulator, slack: SlackSimulator) {
    this.#folder = folder;
    this.#aws = aws;
    this.#slack = slack;
  }

  wrong(kind: Wrong['kind'], text: string): void {
    if (!this.found.some((w) => w.text === text)) this.found.push({ kind, text });
  }

  /** Instances that a run gave up as unknown: locked, and saying what to do, until a person has looked at them. */
  unresolved(runIds: readonly string[]): { runId: string; instanceId: string }[] {
    return this.#read((store) => {
      const locked = runIds.flatMap((runId) =>
        store
          .allTargets(runId)
          .filter((t) => t.outcome === 'unknown' && store.instanceLocks([t.key]).length > 0)
          .map((target) => ({ runId, target })),
      );
      for (const { target } of locked) this.#nextAction(target);
      return locked.map(({ runId, target }) => ({ runId, instanceId: target.instance.instanceId }));
    });
  }

  /** The runs of one job, which have ended and of which everything is told. */
  jobEnded(runIds: readonly string[]): void {
    this.#read((store) => {
      const installs = this.#installs(store);
      for (const runId of runIds) {
        this.#count(`runs that ended as ${store.run(runId)?.end}`);
        checkEndedRun(this.#scene(store), store, this.#witness(installs), runId);
        for (const target of store.allTargets(runId)) this.#target(target);
      }
    });
  }

  /** All of it: whatever was printed, written, sent and kept. */
  allEnded(output: string): void {
    this.#read((store) => {
      const installs = this.#installs(store);
      checkEnd(this.#scene(store), this.#witness(installs));
      const verdict = verifyAudit(
        readAudit(store.db),
        readAnchors(join(this.#folder, 'reports', ANCHOR_FILE)),
      );
      if (!verdict.ok) this.wrong('other', `audit: ${verdict.why}`);
      else if (verdict.anchorsMet === 0) this.wrong('other', 'audit: no anchor was written');
    });
    for (const { name, counters } of this.#aws.control.instances())
      if (counters.interruptedInstalls > 0) this.wrong('lost', `an install was cut off on ${name}`);
    for (const { commandId, code } of foreignCommands(this.#folder))
      this.wrong('other', `an own command was taken for foreign: ${commandId} (${code})`);
    for (const leak of leaked(this.#folder, output, this.#aws, this.#slack)) this.wrong('other', leak);
  }

  #target(target: Target): void {
    const { instance, outcome } = target;
    const { name, instanceId } = instance;
    this.#count(`instances that ended as ${outcome}`);
    // Of what is unknown it was asked before somebody closed it: then nothing is left to do.
    if (outcome !== 'unknown') this.#nextAction(target);
    const { missing } = this.#aws.control.instance(instanceId).patches;
    if (outcome === 'patched' && missing.length > 0)
      this.wrong('lost', `${name} ended as patched and lacks ${missing.join(', ')}`);
  }

  #nextAction({ instance: { name }, wave, outcome, outcomeReason, nextStep }: Target): void {
    const next = wave === null ? outcomeReason : nextStep;
    if (!GOOD.includes(outcome) && !next)
      this.wrong('no next action', `no next action: ${name} ended as ${outcome}: ${outcomeReason}`);
  }

  /** How often each run had an install sent to each instance, by what AWS did; its tags say for which run. */
  #installs(store: SqliteStore): ReadonlyMap<string, number> {
    const intents = new Set(store.db.prepare('SELECT tag FROM effects').pluck().all());
    const ledger = this.#aws.control.ledger();
    for (const { params } of ledger.filter(isInstall))
      if (!intents.has(params['comment']))
        this.wrong('duplicate', `${params['comment']} was sent without a committed intent`);
    const times = installsByRun(ledger);
    for (const [of, n] of times) if (n > 1) this.wrong('duplicate', `${of} was patched ${n} times`);
    return times;
  }

  #scene(store: SqliteStore): Scene {
    return {
      aws: this.#aws,
      slack: this.#slack,
      clock: { now: Date.now },
      newsOnItsWay: this.newsOnItsWay,
      store: () => store,
      say: () => undefined,
    };
  }

  #witness(installs: ReadonlyMap<string, number>): EndWitness {
    return {
      violation: (what) => this.wrong(figureOf(what), what),
      installsOf: (runId, key) => installs.get(`${runId} ${key}`) ?? 0,
    };
  }

  #count(what: string): void {
    this.outcomes.set(what, (this.outcomes.get(what) ?? 0) + 1);
  }

  #read<T>(use: (store: SqliteStore) => T): T {
    const db = new Database(join(this.#folder, 'patchday.sqlite'), { readonly: true, fileMustExist: true });
    try {
      return use(new SqliteStore(db, Date.now));
    } finally {
      db.close();
    }
  }
}

/** What a person would call a violation that is told in words. */
export function figureOf(what: string): Wrong['kind'] {
  if (/ twice| times /.test(what)) return 'duplicate';
  if (/ lacks|nothing was sent|gave up news/.test(what)) return 'lost';
  if (/stays locked|has no outcome| is left /.test(what)) return 'stuck';
  return kindOf(what);
}
