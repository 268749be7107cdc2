/**
 * What must be true after each click, in as few words as possible. It never asks the code under test what is
 * right; it is told facts that chance decides: which instances a plan has, and that a begun run has ended.
 */
export const REQUESTERS = ['UREQ1', 'UREQ2', 'UBOTH'];
export const APPROVERS = ['UAPP1', 'UAPP2', 'UAPP3', 'UBOTH'];
/** Approvers twice: without an approval little can go wrong. */
export const PEOPLE = [...new Set([...REQUESTERS, ...APPROVERS]), ...APPROVERS, 'UNOBODY', 'UROBOT'];

export type Phase = 'waiting' | 'approved' | 'begun' | 'ended';

export interface ModelRun {
  id: string;
  requester: string;
  changedBy: string;
  phase: Phase;
  stopped: boolean;
  /** Of the current plan. */
  hash: string;
  approvals: string[];
  /** Instance key → landing zone. */
  targets: Map<string, string>;
  expiresAt: number;
  noStartAfter: number;
}

export class Model {
  readonly runs: ModelRun[] = [];
  readonly left = new Set<string>();
  readonly required: number;
  frozen = false;

  constructor(required: number) {
    this.required = required;
  }

  isApprover(who: string): boolean {
    return APPROVERS.includes(who) && !this.left.has(who);
  }

  isMember(who: string): boolean {
    return REQUESTERS.includes(who) || this.isApprover(who);
  }

  isOwn(run: ModelRun, who: string): boolean {
    return who === run.requester || who === run.changedBy;
  }

  /** Landing zone → the open run that holds it. */
  locks(): Map<string, string> {
    const open = this.runs.filter((r) => r.phase !== 'ended');
    return new Map(open.flatMap((r) => [...r.targets.values()].map((zone) => [zone, r.id] as const)));
  }

  mayRequest(who: string, zones: readonly string[]): boolean {
    return this.isMember(who) && !zones.some((zone) => this.locks().has(zone));
  }

  mayApprove(run: ModelRun, who: string, hash: string, now: number): boolean {
    const inTime = run.phase === 'waiting' && hash === run.hash && now < run.expiresAt;
    return inTime && this.isApprover(who) && !this.isOwn(run, who) && !run.approvals.includes(who);
  }

  mayDecide(run: ModelRun, who: string, hash: string): boolean {
    return run.phase === 'waiting' && hash === run.hash && this.isMember(who);
  }

  mayStop(run: ModelRun, who: string): boolean {
    return run.phase !== 'ended' && !run.stopped && this.isMember(who);
  }

  /** May a backup, a start or a patch command of this run be begun? */
  mayBegin(run: ModelRun): boolean {
    return run.phase === 'begun' && !run.stopped && !this.frozen;
  }

  approve(run: ModelRun, who: string): void {
    run.approvals.push(who);
    if (run.approvals.length >= this.required) run.phase = 'approved';
  }

  exclude(run: ModelRun, who: string, key: string, hash: string): void {
    run.targets.delete(key);
    Object.assign(run, { changedBy: who, hash, approvals: [] });
  }

  /** What follows without anybody's click. */
  settle(now: number): void {
    for (const run of this.runs) {
      if (run.stopped && (run.phase === 'waiting' || run.phase === 'approved')) run.phase = 'ended';
      if (run.phase === 'waiting' && now >= run.expiresAt) run.phase = 'ended';
      if (run.phase === 'approved' && now > run.noStartAfter) run.phase = 'ended';
      if (run.phase === 'approved' && !this.frozen) {
        const valid = run.approvals.filter((who) => this.isApprover(who)).length;
        run.phase = valid >= this.required ? 'begun' : 'ended';
      }
    }
  }
}
