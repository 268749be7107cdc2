/**
 * Tells the news of each run in its thread, in order. What Slack certainly did not take is told later; what
 * it may have taken is never told twice: the card says how things are. Channels do not wait for each other.
 */
import type { WebClient } from '@slack/web-api';
import type { RunId } from '../workflow/run-types.ts';
import type { Outbox, OutboxRow } from '../workflow/service.ts';
import { type FileToUpload, UploadNotBegun, uploadFiles } from './file-upload.ts';
import type { Log } from './log.ts';
import { md, shorten } from './mrkdwn.ts';
import { renderNews } from './news.ts';
import { Outcomes } from './outcomes.ts';
import type { ChannelPace } from './pace.ts';
import { classify, type SlackFailure } from './slack-errors.ts';

/** The files that belong to a piece of news; none is fine. Throws when they cannot be had. */
export type FilesFor = (
  runId: RunId,
  kind: 'plan' | 'report',
  planVersion?: number,
) => Promise<readonly FileToUpload[]>;

export interface NewsSenderOptions {
  client: WebClient;
  outbox: Outbox;
  filesFor: FilesFor;
  log: Log;
  now: () => number;
  channels: ChannelPace;
}

const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 300_000;
const AT_ONCE = 50;
/** Between two questions whether Slack is well again. */
const LONGEST_ASKING = 30_000;
/** After this the files are left out and the message says so. */
const UPLOAD_ATTEMPTS = 5;

export class NewsSender {
  readonly #options: NewsSenderOptions;
  readonly #outcomes: Outcomes<number>;
  /** While Slack is not well: when to ask it again, and how often that was in vain. */
  #unwell: { askAt: number; failures: number } | null = null;

  constructor(options: NewsSenderOptions) {
    this.#options = options;
    this.#outcomes = new Outcomes(options.log);
  }

  /** One message per channel at most. Never throws. Returns when to come again (ms), null when nothing is due. */
  async round(): Promise<number | null> {
    const { outbox, now, channels } = this.#options;
    this.#outcomes.settle();
    const rows = outbox.due(now(), AT_ONCE);
    if (rows.length > 0 && !(await this.#isWell())) return this.#unwell?.askAt ?? now();
    const firsts = new Map<string, OutboxRow>();
    let next: number | null = null;
    for (const row of rows) {
      if (firsts.has(row.channel)) continue;
      const mayGoAt = channels.nextAt(row.channel);
      if (mayGoAt <= now()) firsts.set(row.channel, row);
      else next = Math.min(next ?? mayGoAt, mayGoAt);
    }
    await Promise.all([...firsts.values()].map((row) => this.#tell(row)));
    if (firsts.size === 0) return next;
    const soonest = Math.min(...[...firsts.keys()].map((channel) => channels.nextAt(channel)));
    return Math.min(next ?? soonest, soonest);
  }

  /**
   * After a call whose outcome is in doubt, news is held back until Slack answers a call that changes nothing:
   * else each message of an outage would be tried once and be lost.
   */
  async #isWell(): Promise<boolean> {
    const { client, now } = this.#options;
    const unwell = this.#unwell;
    if (unwell === null) return true;
    if (now() < unwell.askAt) return false;
    try {
      await client.auth.test();
      this.#unwell = null;
      return true;
    } catch {
      const pause = Math.min(LONGEST_ASKING, FIRST_PAUSE * 2 ** Math.min(unwell.failures, 10));
      this.#unwell = { askAt: now() + pause, failures: unwell.failures + 1 };
      return false;
    }
  }

  async #tell(row: OutboxRow): Promise<void> {
    const { outbox, now, log, channels } = this.#options;
    channels.used(row.channel, now());
    const files = await this.#files(row);
    try {
      outbox.sending(row.id, now());
    } catch (error) {
      // Nothing was sent, and the row is as it was.
      log.error({ runId: row.runId, news: row.id, err: error }, 'news could not be told');
      channels.pause(row.channel, now() + FIRST_PAUSE);
      return;
    }
    let outcome: () => void;
    try {
      const ts = await this.#deliver(row, files);
      outcome = () => outbox.sent(row.id, ts);
    } catch (error) {
      outcome = this.#failed(row, error);
    }
    this.#outcomes.record(row.id, outcome);
    channels.used(row.channel, now());
  }

  /** 'missing' when they could not be had: the message then says so. */
  async #files(row: OutboxRow): Promise<readonly FileToUpload[] | 'missing'> {
    const { news } = row;
    if (news.kind !== 'plan' && news.kind !== 'report') return [];
    try {
      return news.kind === 'plan'
        ? await this.#options.filesFor(row.runId, 'plan', news.planVersion)
        : await this.#options.filesFor(row.runId, 'report');
    } catch (error) {
      this.#options.log.error(
        { runId: row.runId, kind: news.kind, err: error },
        'the files of the news are missing',
      );
      return 'missing';
    }
  }

  async #deliver(row: OutboxRow, files: readonly FileToUpload[] | 'missing'): Promise<string | null> {
    const { client } = this.#options;
    const message = renderNews(row.news);
    const withFiles = files !== 'missing' && files.length > 0 && row.attempts < UPLOAD_ATTEMPTS;
    if (withFiles) {
      await uploadFiles(client, { channel: row.channel, threadTs: row.cardTs, comment: message.text }, files);
      return null;
    }
    const lost = files === 'missing' || files.length > 0;
    const note = lost ? md`\nThe files could not be attached. Ask for them with /patch report.` : md``;
    const answer = await client.chat.postMessage({
      channel: row.channel,
      thread_ts: row.cardTs,
      text: shorten(md`${message.text}${note}`, 3900),
      ...(lost ? {} : { blocks: message.blocks }),
      unfurl_links: false,
      unfurl_media: false,
    });
    return answer.ts ?? null;
  }

  /** What is to be written about a message that was not delivered. */
  #failed(row: OutboxRow, error: unknown): () => void {
    const { outbox, now, log, channels } = this.#options;
    const failure: SlackFailure =
      error instanceof UploadNotBegun
        ? { effect: 'not_done', code: 'upload_failed', again: true, retryAfter: uploadPause(error) }
        : classify(error);
    const fields = { runId: row.runId, news: row.id, slack: failure.code };
    if (failure.effect === 'in_doubt' || error instanceof UploadNotBegun) {
      this.#unwell ??= { askAt: now(), failures: 0 };
    }
    if (failure.effect === 'in_doubt') {
      log.warn(fields, 'it is not known whether Slack took the news: it is not told again');
      return () => outbox.giveUp(row.id, `in doubt: ${failure.code}`);
    }
    if (!failure.again) {
      log.error(fields, 'Slack refuses the news');
      return () => outbox.giveUp(row.id, `refused: ${failure.code}`);
    }
    const pause =
      failure.retryAfter ?? Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(row.attempts, 10));
    log.warn({ ...fields, pause }, 'Slack did not take the news: it is told later');
    const again = now() + pause;
    if (failure.retryAfter !== null) channels.pause(row.channel, again);
    return () => outbox.failed(row.id, failure.code, again);
  }
}

function uploadPause(error: UploadNotBegun): number | null {
  return error.cause === undefined ? null : classify(error.cause).retryAfter;
}
