/**
 * One run from the typed command to the report, by scripted people: what they type and click goes the same
 * way as in the page, and the outcome is read from the report that the bot uploads to the thread.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type ReportJson, reportJsonSchema } from '../../src/report/json-format.ts';
import { ACTION } from '../../src/slack/button-value.ts';
import type { PageFile, PageMessage } from '../slack/page-api.ts';
import type { SlackSimulator } from '../slack/server.ts';
import { APPROVER, OUTSIDER, REQUESTER } from './people.ts';

export interface ScriptedRunOptions {
  slack: SlackSimulator;
  environment: string;
  channel: string;
  print: (text: string) => void;
  /** ms since the epoch: the whole script must be over by then. */
  deadline: number;
  /** Ends the waiting at once, with its reason. */
  signal: AbortSignal;
}

export interface ScriptedRun {
  report: ReportJson;
  files: readonly PageFile[];
  /** What went otherwise than it must, apart from outcomes; empty when all is well. */
  problems: string[];
}

const LOOK_EVERY_MS = 100;
/** Answers that only one person sees come at once. */
const ANSWER_WITHIN_MS = 10_000;

/** Throws with a sentence that says what did not come. */
export async function scriptedRun(options: ScriptedRunOptions): Promise<ScriptedRun> {
  const { slack, environment, channel, print } = options;
  const { control } = slack;
  const problems: string[] = [];
  const line = `/patch scan ${environment}`;

  print(`\n${REQUESTER.name} types in #${channel}:  ${line}`);
  const before = new Set(control.messages({ channel }).map((message) => message.ts));
  const isNew = (message: PageMessage): boolean => !before.has(message.ts);
  accepted(await control.command({ user: REQUESTER.id, channel, text: line }), line);
  const answer = await waitFor(options, 'an answer to the command', ANSWER_WITHIN_MS, () =>
    control.messages({ channel }).find((m) => isNew(m) && m.ephemeralTo === REQUESTER.id),
  );
  print(indented(textOf(slack, answer)));
  if (textOf(slack, answer).includes('🚫')) throw new Error(`${line} was refused`);
  const card = await waitFor(options, 'a card with an Approve button', null, () =>
    control
      .messages({ channel })
      .find((m) => isNew(m) && m.threadTs === null && hasButton(m, ACTION.approve)),
  );
  print(`\nThe card that everybody in #${channel} sees:\n`);
  print(indented(cardText(slack, card)));

  for (const { person, why } of [
    { person: REQUESTER, why: 'asked for this run' },
    { person: OUTSIDER, why: 'is in no group' },
  ]) {
    print(`\n${person.name}, who ${why}, clicks Approve:`);
    const refusal = await clickApprove(options, card, person.id);
    print(indented(textOf(slack, refusal)));
  }
  if (!hasButton(find(slack, card), ACTION.approve)) {
    problems.push(`${environment}: the run was approved by somebody who may not`);
  }

  print(`\n${APPROVER.name}, of the approver group, clicks Approve:`);
  const told = followThread(slack, card, print);
  print(indented(textOf(slack, await clickApprove(options, card, APPROVER.id))));
  print(`\nThe thread:\n`);
  const reported = await waitFor(options, 'the report in the thread', null, () => {
    const replies = told();
    return replies.find((reply) => reply.files.some((file) => file.name.endsWith('.json')));
  });
  await waitFor(options, 'the ended card', ANSWER_WITHIN_MS, () =>
    hasButton(find(slack, card), ACTION.stop) ? undefined : true,
  );
  print(`\nThe card at the end:\n`);
  print(indented(cardText(slack, find(slack, card))));
  for (const ending of ['.json', '.csv', '.html']) {
    if (!reported.files.some((file) => file.name.endsWith(ending) && file.size > 0)) {
      problems.push(`${environment}: the report has no ${ending} file`);
    }
  }
  return { report: await readReport(slack, reported), files: reported.files, problems };
}

/** What the click was answered with, for that person only. */
async function clickApprove(
  options: ScriptedRunOptions,
  card: PageMessage,
  user: string,
): Promise<PageMessage> {
  const { slack, channel } = options;
  const before = new Set(slack.control.messages({ channel }).map((message) => message.ts));
  const { ts } = card;
  accepted(await slack.control.click({ user, channel, ts, actionId: ACTION.approve }), 'the click');
  return waitFor(options, 'an answer to the click', ANSWER_WITHIN_MS, () =>
    slack.control.messages({ channel }).find((m) => !before.has(m.ts) && m.ephemeralTo === user),
  );
}

/** Prints what is new in the thread each time it is called, and gives all of it. */
function followThread(slack: SlackSimulator, card: PageMessage, print: (text: string) => void) {
  const printed = new Set<string>();
  return (): PageMessage[] => {
    const replies = slack.control
      .thread(card.channel, card.ts)
      .filter((message) => message.ts !== card.ts && message.ephemeralTo === null);
    for (const reply of replies) {
      if (printed.has(reply.ts)) continue;
      printed.add(reply.ts);
      const files = reply.files.map((file) => `\n[file ${file.name}, ${file.size} bytes]`).join('');
      print(indented(`${textOf(slack, reply)}${files}`));
    }
    return replies;
  };
}

async function readReport(slack: SlackSimulator, message: PageMessage): Promise<ReportJson> {
  const file = message.files.find(({ name }) => name.endsWith('.json'));
  if (!file) throw new Error('the report has no JSON file');
  const answer = await fetch(new URL(file.url, slack.url), { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  if (!answer.ok) throw new Error(`${file.name} could not be downloaded: HTTP ${answer.status}`);
  const parsed = reportJsonSchema.safeParse(await answer.json());
  if (!parsed.success)
    throw new Error(`${file.name} is not in the format of a report: ${parsed.error.message}`);
  return parsed.data;
}

function find(slack: SlackSimulator, { channel, ts }: PageMessage): PageMessage {
  const found = slack.control.messages({ channel }).find((message) => message.ts === ts);
  if (!found) throw new Error('the card is gone');
  return found;
}

function hasButton(message: PageMessage, actionId: string): boolean {
  return JSON.stringify(message.blocks).includes(`"action_id":"${actionId}"`);
}

/** The text of a message without its blocks, people by name. */
function textOf(slack: SlackSimulator, { channel, ts }: PageMessage): string {
  const lines = slack.control.transcript(channel, ts).trimEnd().split('\n');
  const ends = lines.findIndex((line) => line.startsWith('  | ') || line.startsWith('  [file '));
  return unescaped((ends === -1 ? lines : lines.slice(0, ends)).map((line) => line.trimEnd()).join('\n'));
}

/** The blocks of a message as they read, without their text for notifications. */
function cardText(slack: SlackSimulator, { channel, ts }: PageMessage): string {
  const lines = slack.control.transcript(channel, ts).trimEnd().split('\n');
  const blocks = lines.filter((line) => line.startsWith('  | '));
  return unescaped(blocks.map((line) => line.slice('  | '.length)).join('\n'));
}

/** Slack's three escapes, as a person sees them. */
function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}

function accepted(answer: { ok: true } | { ok: false; error: string }, what: string): void {
  if (!answer.ok) throw new Error(`${what} was not taken: ${answer.error}`);
}

/** Looks again and again; `within` null waits until the deadline of the script. */
async function waitFor<T>(
  { slack, channel, deadline, signal }: ScriptedRunOptions,
  what: string,
  within: number | null,
  look: () => T | undefined,
): Promise<T> {
  const until = within === null ? deadline : Math.min(deadline, Date.now() + within);
  for (;;) {
    signal.throwIfAborted();
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() >= until) {
      const last = slack.control.messages({ channel }).at(-1);
      throw new Error(
        `${what} did not come in time. The last message in #${channel}: ${last ? textOf(slack, last) : 'none'}`,
      );
    }
    await pause(LOOK_EVERY_MS);
  }
}
