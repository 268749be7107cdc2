/**
 * The workflow as the Slack edge sees it, in memory: answers like the real one as far as clicks and commands
 * can tell, and remembers what it was asked.
 */
import type { MissingPatch } from '../../../src/workflow/instance.ts';
import { mention } from '../../../src/workflow/mention.ts';
import type { BackupRecord } from '../../../src/workflow/ports.ts';
import type { Freeze, Run, RunId } from '../../../src/workflow/run-types.ts';
import type { Actor, Answer, PatchService } from '../../../src/workflow/service.ts';
import type { RunView } from '../../../src/workflow/view.ts';
import { APPROVER, REQUESTER, runView } from './run-views.ts';

type Deed = Exclude<keyof PatchService, 'view' | 'runs' | 'freezes'>;

export interface AskedOf {
  deed: Deed;
  actor: Actor;
  request: unknown;
}

export class FakeService implements PatchService {
  readonly asked: AskedOf[] = [];
  /** What really changed, in order. */
  readonly done: string[] = [];
  readonly views = new Map<RunId, RunView>();
  readonly frozen: Freeze[] = [];
  backupRecords: BackupRecord[] = [];
  missing: MissingPatch[] = [];
  /** Every answer waits for this. */
  stall: Promise<void> = Promise.resolve();
  /** The next deed throws it. */
  bug: Error | null = null;
  /** More instances than this need a second confirmation. */
  confirmAbove = 100;
  readonly #used = new Set<string>();
  readonly #settled = new Set<RunId>();

  constructor(views: readonly RunView[] = []) {
    for (const view of views) this.views.set(view.run.id, view);
  }

  readonly turnedAway: Actor[] = [];
  readonly turnedAwayFor: string[] = [];

  of(deed: Deed): AskedOf[] {
    return this.asked.filter((a) => a.deed === deed);
  }

  async #ask<T>(deed: Deed, actor: Actor, request: unknown, answer: () => Answer<T>): Promise<Answer<T>> {
    this.asked.push({ deed, actor, request });
    await this.stall;
    if (this.bug) {
      const bug = this.bug;
      this.bug = null;
      throw bug;
    }
    if (deed !== 'mayLook' && this.#used.has(actor.once))
      return no('repeated', 'That was done already. Nothing was changed.');
    this.#used.add(actor.once);
    return answer();
  }

  scan(actor: Actor, request: Parameters<PatchService['scan']>[1]) {
    return this.#ask('scan', actor, request, () => {
      const id = `r${this.views.size + 1}`;
      this.views.set(id, runView({ id, phase: 'discover', targets: [], plan: null }));
      this.done.push(`scan ${request.scope.name}`);
      return yes(`Run ${id} looks for instances in ${request.scope.name}. Nothing was changed.`, {
        runId: id,
      });
    });
  }

  approve(actor: Actor, request: Parameters<PatchService['approve']>[1]) {
    return this.#ask('approve', actor, request, () => {
      const view = this.views.get(request.runId);
      if (!view || view.run.planHash !== request.planHash)
        return no('stale', 'The plan has changed. Nothing was changed.');
      if (actor.userId === REQUESTER)
        return no(
          'own_request',
          'You asked for this run, so somebody else must approve it. Nothing was changed.',
        );
      if (actor.userId !== APPROVER)
        return no(
          'not_in_group',
          `You are not an approver. Nothing was changed. ${mention('S0APPROVER')} can.`,
        );
      if (this.#settled.has(request.runId))
        return no('too_late', `Already approved by ${mention(APPROVER)}. Nothing was changed.`);
      if ((view.plan?.targets.length ?? 0) > this.confirmAbove && request.confirmed !== true) {
        return no('needs_confirmation', 'This is a large run. Nothing was changed yet.');
      }
      this.#settled.add(request.runId);
      this.done.push(`approve ${request.runId}`);
      return yes('Approved. The run begins at its time.', null);
    });
  }

  reject(actor: Actor, request: Parameters<PatchService['reject']>[1]) {
    return this.#simple('reject', actor, request, `reject ${request.runId}: ${request.reason}`);
  }

  exclude(actor: Actor, request: Parameters<PatchService['exclude']>[1]) {
    return this.#ask('exclude', actor, request, () => {
      this.done.push(`exclude ${request.targets.length} of ${request.runId}`);
      return yes('A new plan was made.', { planHash: 'next' });
    });
  }

  stop(actor: Actor, request: Parameters<PatchService['stop']>[1]) {
    return this.#simple('stop', actor, request, `stop ${request.runId}: ${request.reason}`);
  }

  retry(actor: Actor, request: Parameters<PatchService['retry']>[1]) {
    return this.#ask('retry', actor, request, () => yes('Run r9 retries the failed ones.', { runId: 'r9' }));
  }

  freeze(actor: Actor, request: Parameters<PatchService['freeze']>[1]) {
    return this.#simple('freeze', actor, request, `freeze: ${request.reason}`);
  }

  unfreeze(actor: Actor, request: Parameters<PatchService['unfreeze']>[1]) {
    return this.#simple('unfreeze', actor, request, 'unfreeze');
  }

  release(actor: Actor, request: Parameters<PatchService['release']>[1]) {
    return this.#simple('release', actor, request, `release ${request.runId}: ${request.reason}`);
  }

  resolve(actor: Actor, request: Parameters<PatchService['resolve']>[1]) {
    return this.#simple(
      'resolve',
      actor,
      request,
      `resolve ${request.runId} ${request.instance}: ${request.reason}`,
    );
  }

  answer(actor: Actor, request: Parameters<PatchService['answer']>[1]) {
    return this.#simple('answer', actor, request, `answer ${request.tag} ${request.answer}`);
  }

  report(actor: Actor, request: Parameters<PatchService['report']>[1]) {
    return this.#simple('report', actor, request, `report ${request.runId}`);
  }

  backups(actor: Actor, request: Parameters<PatchService['backups']>[1]) {
    return this.#ask('backups', actor, request, () =>
      yes(`${this.backupRecords.length} backups.`, this.backupRecords),
    );
  }

  cves(actor: Actor, request: Parameters<PatchService['cves']>[1]) {
    return this.#ask('cves', actor, request, () =>
      yes(`${this.missing.length} missing patches.`, this.missing),
    );
  }

  mayLook(actor: Actor, environment: string | null): Promise<Answer> {
    return this.#ask('mayLook', actor, environment, () =>
      actor.userId === 'U0OLGAOUTS'
        ? no('not_in_group', 'You may not see this. Nothing was changed.')
        : yes('', null),
    );
  }

  async turnAway(actor: Actor, { code }: { code: string }): Promise<void> {
    this.turnedAway.push(actor);
    this.turnedAwayFor.push(code);
  }

  view(runId: RunId): RunView | null {
    return this.views.get(runId) ?? null;
  }

  runs(limit: number): Run[] {
    return [...this.views.values()].map((v) => v.run).slice(0, limit);
  }

  freezes(): Freeze[] {
    return this.frozen;
  }

  #simple(deed: Deed, actor: Actor, request: unknown, what: string): Promise<Answer> {
    return this.#ask(deed, actor, request, () => {
      this.done.push(what);
      return yes(`Done: ${what}.`, null);
    });
  }
}

function yes<T>(text: string, value: T): Answer<T> {
  return { ok: true, text, value };
}

function no<T>(code: string, text: string): Answer<T> {
  return { ok: false, code, text };
}
