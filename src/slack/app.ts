/**
 * The Bolt app: one listener for each kind of payload, which acknowledges first, always, and then looks up
 * the handler. What nobody knows (a button of an earlier release) is answered too, or Slack would show an
 * error after 3 s.
 */
import { randomUUID } from 'node:crypto';
import { App, type RespondFn } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { AnswerSender } from './answer-sender.ts';
import { STALE_BUTTON, say } from './answers.ts';
import { readViewMeta } from './button-value.ts';
import { CLICK_HANDLERS } from './clicks.ts';
import { clientOptions } from './clients.ts';
import { type ClockWatch, notOfNow } from './clock-watch.ts';
import { handleCommand } from './commands.ts';
import type { Asked, Edge } from './edge.ts';
import { slackLogger } from './log.ts';
import type { Identity } from './login.ts';
import { code, md, words } from './mrkdwn.ts';
import {
  clickActor,
  clickPayload,
  commandActor,
  commandPayload,
  submissionActor,
  submissionPayload,
} from './payloads.ts';
import type { SocketsReceiver } from './sockets.ts';
import { readSubmission, SUBMISSION_HANDLERS } from './submissions.ts';

export interface AppOptions {
  edge: Edge;
  identity: Identity;
  botToken: string;
  apiUrl?: string | undefined;
  receiver: SocketsReceiver;
  /** For answers and modals. */
  client: WebClient;
  clockWatch: ClockWatch;
}

const RESPOND_TIMEOUT = 5000;
const OTHER_WORKSPACE = {
  code: 'other_workspace',
  text: 'Somebody of another workspace typed or clicked something.',
};

/** The listeners, and the handlers that still work after their acknowledgement. */
export class SlackApp {
  readonly #options: AppOptions;
  readonly #answers: AnswerSender;
  readonly #working = new Set<Promise<void>>();

  constructor(options: AppOptions) {
    this.#options = options;
    this.#answers = new AnswerSender(options.client, options.edge.log);
    const { identity, botToken, edge, receiver } = options;
    const app = new App({
      receiver,
      // Known from our own auth.test: Bolt's would fail for good if it failed once.
      authorize: async () => ({
        botToken,
        botId: identity.botId,
        botUserId: identity.botUserId,
        teamId: identity.teamId,
      }),
      clientOptions: {
        ...clientOptions({ apiUrl: options.apiUrl, log: edge.log }, 'slack-bolt', RESPOND_TIMEOUT),
        fetch: impatientFetch,
      },
      logger: slackLogger(edge.log, 'slack-bolt'),
      convoStore: false,
      extendedErrorHandler: true,
    });
    this.#listen(app);
  }

  /** Resolves when every handler that was begun has ended. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#working]);
  }

  #listen(app: App): void {
    const { log } = this.#options.edge;
    app.command(/.*/, async ({ ack, body, respond }) => {
      await ack();
      this.#begin(() => this.#command(body, respond));
    });
    app.action(/.*/, async ({ ack, body, respond }) => {
      await ack();
      this.#begin(() => this.#click(body, respond));
    });
    app.view(/.*/, async ({ ack, body }) => {
      const mistakes = this.#mistakes(body);
      if (mistakes) {
        await ack({ response_action: 'errors', errors: mistakes });
        return;
      }
      await ack();
      this.#begin(() => this.#submission(body));
    });
    app.view({ callback_id: /.*/, type: 'view_closed' }, async ({ ack }) => {
      await ack();
    });
    app.shortcut(/.*/, async ({ ack }) => {
      await ack();
    });
    app.options(/.*/, async ({ ack }) => {
      await ack({ options: [] });
    });
    app.error(async ({ error }: { error: Error }) => {
      log.error({ err: error }, 'a Slack payload could not be handled; nothing was changed by it');
    });
  }

  #begin(work: () => Promise<void>): void {
    const working = work().catch((error: unknown) => {
      this.#options.edge.log.error({ err: error }, 'a Slack payload could not be handled');
    });
    this.#working.add(working);
    void working.finally(() => this.#working.delete(working));
  }

  async #command(body: unknown, respond: RespondFn): Promise<void> {
    const payload = commandPayload.parse(body);
    const asked = this.#answers.asked(commandActor(payload), payload.trigger_id, respond);
    await this.#guarded(asked, () => handleCommand(this.#options.edge, asked, payload.text));
  }

  async #click(body: unknown, respond: RespondFn | undefined): Promise<void> {
    const payload = clickPayload.parse(body);
    const [action] = payload.actions;
    const metaChannel = readViewMeta(payload.view?.private_metadata)?.channel ?? null;
    // A click inside a modal has no response url.
    const asked = this.#answers.asked(
      clickActor(payload, metaChannel),
      payload.trigger_id,
      payload.view ? undefined : respond,
    );
    const handler = CLICK_HANDLERS.get(action?.action_id ?? '');
    const view = payload.view
      ? {
          opened: { id: payload.view.id, hash: payload.view.hash },
          metadata: payload.view.private_metadata,
          values: payload.view.state?.values ?? {},
        }
      : null;
    const old = notOfNow(action?.action_ts ?? '', this.#options.edge.now());
    await this.#guarded(asked, () => {
      if (old !== null) return this.#refuseDated(asked, old);
      return handler
        ? handler(this.#options.edge, asked, { value: action?.value, view })
        : asked.reply(say(STALE_BUTTON));
    });
  }

  /** Slack never repeats a click: one of another time was recorded and sent again, or our clock is wrong. */
  async #refuseDated(asked: Asked, why: string): Promise<void> {
    const { edge, clockWatch } = this.#options;
    const text = clockWatch.wrong
      ? `The clock of the machine that runs Patchday is ${clockWatch.inWords}, so it cannot tell whether your click is of now. Nothing was changed. Tell whoever runs Patchday to set that clock, then click again.`
      : `This click ${why}. Nothing was changed. Click again.`;
    edge.log.warn({ user: asked.actor.userId, why }, 'refused a click of another time');
    await edge.service.turnAway(asked.actor, { code: 'dated_click', text });
    await asked.reply(say(words(text)));
  }

  /** Checked before the acknowledgement, because only that can show mistakes in the modal. Never throws. */
  #mistakes(body: unknown): Record<string, string> | null {
    const payload = submissionPayload.safeParse(body).data;
    const handler = payload && SUBMISSION_HANDLERS.get(payload.view.callback_id);
    const submission =
      payload && readSubmission(payload.view.private_metadata, payload.view.state?.values ?? {});
    if (!handler || !submission) return null;
    try {
      return handler.check(this.#options.edge, submission);
    } catch (error) {
      this.#options.edge.log.error({ err: error }, 'a modal could not be checked');
      return null;
    }
  }

  async #submission(body: unknown): Promise<void> {
    const payload = submissionPayload.parse(body);
    const submission = readSubmission(payload.view.private_metadata, payload.view.state?.values ?? {});
    const asked = this.#answers.asked(
      submissionActor(payload, submission?.meta),
      payload.trigger_id,
      undefined,
    );
    const handler = SUBMISSION_HANDLERS.get(payload.view.callback_id);
    await this.#guarded(asked, () =>
      handler && submission
        ? handler.submit(this.#options.edge, asked, submission)
        : asked.reply(say(STALE_BUTTON)),
    );
  }

  /** Our workspace only, and no failure without an answer. */
  async #guarded(asked: Asked, work: () => Promise<void>): Promise<void> {
    const { edge } = this.#options;
    if (asked.actor.teamId !== edge.teamId) {
      edge.log.warn(
        { user: asked.actor.userId, team: asked.actor.teamId },
        'refused somebody of another workspace',
      );
      await edge.service.turnAway(asked.actor, OTHER_WORKSPACE).catch((error: unknown) => {
        edge.log.error({ err: error, user: asked.actor.userId }, 'a denial could not be written down');
      });
      await asked.reply(
        say(
          md`Only members of the workspace that runs Patchday can use it. Nothing was changed. Its requesters and approvers can do this for you.`,
        ),
      );
      return;
    }
    try {
      await work();
    } catch (error) {
      const reference = randomUUID().slice(0, 8);
      edge.log.error({ err: error, reference, user: asked.actor.userId }, 'a handler failed');
      await asked.reply(
        say(
          md`Something went wrong inside Patchday, so it is not certain that this was done. Look at \`/patch status\` before you try again. Whoever runs Patchday finds the details in its log under ${code(reference)}.`,
        ),
      );
    }
  }
}

/** Response urls are called through Bolt, which sets no time-out. */
async function impatientFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  return fetch(url, { ...init, signal: init?.signal ?? AbortSignal.timeout(RESPOND_TIMEOUT) });
}
