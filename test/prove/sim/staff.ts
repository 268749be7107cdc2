/** The people of a simulated company, as Slack knows them. */
import { type Directory, LookFailed, type Membership } from '../../../src/workflow/ports.ts';
import { MINUTE } from './machines.ts';

export const REQUESTERS = ['UREQ1', 'UREQ2', 'UBOTH'];
export const APPROVERS = ['UAPP1', 'UAPP2', 'UAPP3', 'UBOTH'];
/** In no group, and no human. */
export const OTHERS = ['UNOBODY', 'UROBOT'];
export const EVERYBODY = [...new Set([...REQUESTERS, ...APPROVERS, ...OTHERS])];
export const REQUESTER_GROUP = { groups: ['SREQ'], users: [] };
export const APPROVER_GROUP = { groups: ['SAPP'], users: [] };
/** Between an answer of Slack and the write that rests on it. */
const STALE = 3 * MINUTE;

export class Staff implements Directory {
  unreachable = false;
  readonly #removedAt = new Map<string, number>();

  remove(userId: string, now: number): void {
    if (!this.#removedAt.has(userId)) this.#removedAt.set(userId, now);
  }

  restore(userId: string): void {
    this.#removedAt.delete(userId);
  }

  removed(): string[] {
    return [...this.#removedAt.keys()];
  }

  isApprover(userId: string): boolean {
    return APPROVERS.includes(userId) && !this.#removedAt.has(userId);
  }

  /** Now or a moment ago. */
  wasApprover(userId: string, now: number): boolean {
    return APPROVERS.includes(userId) && now - (this.#removedAt.get(userId) ?? now) <= STALE;
  }

  async membership(
    userId: string,
    allowed: { groups: readonly string[]; users: readonly string[] },
  ): Promise<Membership> {
    if (this.unreachable) throw new LookFailed('slack', 'Slack did not answer.', true);
    if (userId === 'UROBOT') return { person: { ok: false, why: 'you are a bot' }, member: true };
    const member =
      (allowed.groups.includes('SREQ') && REQUESTERS.includes(userId)) ||
      (allowed.groups.includes('SAPP') && this.isApprover(userId));
    return { person: { ok: true }, member };
  }
}
