/** Answers to one person: at the response url, else as an ephemeral message; windows opened and turned. */
import type { RespondFn } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { Actor } from '../workflow/service.ts';
import { say } from './answers.ts';
import type { Message } from './card.ts';
import type { Asked, OpenedView } from './edge.ts';
import type { Log } from './log.ts';
import { code, md } from './mrkdwn.ts';
import { classify } from './slack-errors.ts';

/** No method throws: what cannot be shown is in the log. */
export class AnswerSender {
  readonly #client: WebClient;
  readonly #log: Log;

  constructor(client: WebClient, log: Log) {
    this.#client = client;
    this.#log = log;
  }

  /** What a handler gets: who asked, and how to answer them. */
  asked(actor: Actor, triggerId: string, respond: RespondFn | undefined): Asked {
    const reply = (message: Message) => this.#reply(actor, respond, message);
    return {
      actor,
      reply,
      openView: (view) => this.#openView(triggerId, view, reply),
      updateView: (opened, view) => this.#updateView(opened, view, reply),
    };
  }

  async #reply(actor: Actor, respond: RespondFn | undefined, message: Message): Promise<void> {
    const { text, blocks } = message;
    if (respond) {
      try {
        await respond({ response_type: 'ephemeral', replace_original: false, text, blocks });
        return;
      } catch (error) {
        this.#log.warn({ err: error, user: actor.userId }, 'an answer was not taken at its response url');
      }
    }
    try {
      await this.#client.chat.postEphemeral({ channel: actor.channelId, user: actor.userId, text, blocks });
    } catch (error) {
      this.#log.error(
        { slack: classify(error).code, user: actor.userId, channel: actor.channelId },
        'an answer could not be shown',
      );
    }
  }

  async #openView(triggerId: string, view: ModalView, reply: Asked['reply']): Promise<OpenedView | null> {
    try {
      const answer = await this.#client.views.open({ trigger_id: triggerId, view });
      if (answer.view?.id) return { id: answer.view.id, hash: answer.view.hash };
      throw new Error('Slack answered without a view');
    } catch (error) {
      const { code: slack } = classify(error);
      this.#log.warn({ slack, callback: view.callback_id }, 'a modal was not opened');
      await reply(
        say(md`Slack did not open the window in time (${code(slack)}). Nothing was changed. Click again.`),
      );
      return null;
    }
  }

  async #updateView(opened: OpenedView, view: ModalView, reply: Asked['reply']): Promise<boolean> {
    try {
      await this.#client.views.update({
        view_id: opened.id,
        ...(opened.hash === undefined ? {} : { hash: opened.hash }),
        view,
      });
      return true;
    } catch (error) {
      const { code: slack } = classify(error);
      this.#log.warn({ slack, callback: view.callback_id }, 'a modal was not updated');
      // Closed, or turned to another page meanwhile: the person knows.
      if (slack !== 'not_found' && slack !== 'hash_conflict') {
        await reply(
          say(
            md`Slack did not show the next page (${code(slack)}). Nothing was changed. Close the window and click again.`,
          ),
        );
      }
      return false;
    }
  }
}
