/**
 * Who somebody is and which groups they are in, asked live: an approval rests on it, so nothing is
 * remembered, and what cannot be asked is an error, never a yes.
 */
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { z } from 'zod';
import { type Directory, LookFailed, type Membership } from '../workflow/ports.ts';
import { classify, type SlackFailure } from './slack-errors.ts';

const userInfo = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string().optional(),
    deleted: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    is_app_user: z.boolean().optional(),
    is_workflow_bot: z.boolean().optional(),
    is_restricted: z.boolean().optional(),
    is_ultra_restricted: z.boolean().optional(),
    is_stranger: z.boolean().optional(),
    is_invited_user: z.boolean().optional(),
  }),
});
const groupUsers = z.object({ users: z.array(z.string()) });

/** Longest wait for a rate limit; a person is waiting for the answer. */
const LONGEST_WAIT = 3000;

export interface SlackDirectoryOptions {
  client: WebClient;
  teamId: string;
  /** Waits that many ms. */
  pause: (ms: number) => Promise<void>;
}

export class SlackDirectory implements Directory {
  readonly #options: SlackDirectoryOptions;
  /** Questions that are on the wire: the same one asked meanwhile waits for the same answer. */
  readonly #asking = new Map<string, Promise<unknown>>();

  constructor(options: SlackDirectoryOptions) {
    this.#options = options;
  }

  async membership(
    userId: string,
    allowed: { groups: readonly string[]; users: readonly string[] },
  ): Promise<Membership> {
    const [person, member] = await Promise.all([this.#person(userId), this.#member(userId, allowed)]);
    return { person, member };
  }

  async #person(userId: string): Promise<Membership['person']> {
    const { client, teamId } = this.#options;
    const answer = await this.#ask(`users.info ${userId}`, () => client.users.info({ user: userId }));
    const parsed = userInfo.safeParse(answer);
    if (!parsed.success)
      throw new LookFailed('unexpected_answer', 'Slack answered users.info without a user.', false);
    const { user } = parsed.data;
    if (user.id !== userId)
      throw new LookFailed('unexpected_answer', 'Slack answered about another user.', false);
    if (user.deleted === true) return no('the account is deactivated');
    if (
      user.is_bot === true ||
      user.is_app_user === true ||
      user.is_workflow_bot === true ||
      userId === 'USLACKBOT'
    ) {
      return no('it is a bot, not a person');
    }
    if (user.is_stranger === true || user.team_id !== teamId)
      return no('the account belongs to another workspace');
    if (user.is_restricted === true || user.is_ultra_restricted === true) return no('the account is a guest');
    if (user.is_invited_user === true) return no('the invitation to the workspace is not accepted yet');
    return { ok: true };
  }

  async #member(
    userId: string,
    allowed: { groups: readonly string[]; users: readonly string[] },
  ): Promise<boolean> {
    if (allowed.users.includes(userId)) return true;
    const answers = await Promise.allSettled(
      [...new Set(allowed.groups)].map((group) => this.#inGroup(userId, group)),
    );
    if (answers.some((answer) => answer.status === 'fulfilled' && answer.value)) return true;
    // Not found in those that answered: the others could have said yes, so nobody knows.
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed) throw failed.reason;
    return false;
  }

  async #inGroup(userId: string, group: string): Promise<boolean> {
    const answer = await this.#ask(`usergroups.users.list ${group}`, () =>
      this.#options.client.usergroups.users.list({ usergroup: group }),
    );
    const parsed = groupUsers.safeParse(answer);
    if (!parsed.success) {
      throw new LookFailed('unexpected_answer', `Slack did not say who is in the group ${group}.`, false);
    }
    return parsed.data.users.includes(userId);
  }

  #ask(key: string, call: () => Promise<unknown>): Promise<unknown> {
    const asked = this.#asking.get(key);
    if (asked) return asked;
    const answer = this.#twice(key, call).finally(() => this.#asking.delete(key));
    this.#asking.set(key, answer);
    return answer;
  }

  /** Reads may be repeated, once. */
  async #twice(what: string, call: () => Promise<unknown>): Promise<unknown> {
    try {
      return await call();
    } catch (error) {
      const failure = classify(error);
      if (!mayPass(failure, error)) throw lookFailed(what, failure, error);
      if (failure.retryAfter !== null) await this.#options.pause(failure.retryAfter);
    }
    try {
      return await call();
    } catch (error) {
      throw lookFailed(what, classify(error), error);
    }
  }
}

function no(why: string): Membership['person'] {
  return { ok: false, why };
}

/** What Slack itself answers, other than a limit or that it is unsure, it would only say again. */
function mayPass(failure: SlackFailure, error: unknown): boolean {
  if (failure.retryAfter !== null) return failure.retryAfter <= LONGEST_WAIT;
  return failure.effect === 'in_doubt' || !(error instanceof WebAPIPlatformError);
}

function lookFailed(what: string, failure: SlackFailure, cause: unknown): LookFailed {
  const transient = failure.retryAfter !== null || mayPass(failure, cause);
  return new LookFailed(failure.code, `Slack did not answer ${what}: ${failure.code}`, transient, { cause });
}
