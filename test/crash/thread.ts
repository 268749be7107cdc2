/**
 * The thread of a job: what its outbox holds, what Slack shows, and what is wrong with both. The outbox of the same
 * run is not enough to hold it against: whoever gives up or enqueues news by mistake writes that there too. So it
 * must say what the job that never crashed said.
 */
import { renderNews } from '../../src/slack/news.ts';
import { newsRow } from '../../src/store/row-schemas.ts';

export interface ThreadRow {
  id: number;
  state: string;
  kind: string;
  /** As this release words it, without what differs between any two runs. */
  text: string;
}

export interface Thread {
  /** News of the run, in order. */
  rows: readonly ThreadRow[];
  /** What Slack shows under its cards, in order, worded in the same way. */
  said: readonly string[];
  /** Files of the report in the thread. */
  reportFiles: number;
}

export interface ThreadWrong {
  kind: 'duplicate' | 'lost' | 'other';
  text: string;
}

export const NO_THREAD: Thread = { rows: [], said: [], reportFiles: 0 };

interface OutboxRow {
  id: number;
  state: string;
  news: string;
  /** ms */
  createdAt: number;
}

const HOURLY = 'hourly anchor';

export function threadRows(rows: readonly OutboxRow[], runId: string): ThreadRow[] {
  const parsed = rows.map(({ news, ...row }) => ({ ...row, news: newsRow.parse(JSON.parse(news)) }));
  const endsWith = parsed.findLast(({ news }) => news.kind === 'anchor');
  return parsed.map((row) => ({
    id: row.id,
    state: row.state,
    kind: row.news.kind === 'anchor' && row !== endsWith && ofTheHour(row.createdAt) ? HOURLY : row.news.kind,
    text: comparable(String(renderNews(row.news).text), runId),
  }));
}

/** The head of the audit is told at each full hour too: that may fall into any job. */
function ofTheHour(at: number): boolean {
  return at % 3_600_000 < 60_000;
}

/** Without the run's id, the hash of its plan and the head of its audit: each run has others. */
export function comparable(text: string, runId: string): string {
  return text
    .replaceAll(runId, 'RUN')
    .replace(/\((plan )?[0-9a-f]{8}\)/, '($1HASH)')
    .replace(/Audit head: `?\d+:[0-9a-f]{64}`?/, 'Audit head: HEAD')
    .replace(/(audit rows 1 to )\d+/, '$1N');
}

/** Whether a person is asked depends on what was in doubt when it died: a question, and the answer to it. */
const OF_DOUBT = /^❓|> answered: /;
/** What instances of one wave go through side by side: said in any order, but within their wave. */
const SIDE_BY_SIDE = /^(?:Wave \d+: patching |❌)/;
/** How a wave is divided into batches is the affair of a release, and two batches may read the same. */
const OF_BATCHES = /^Wave \d+: patching /;

/**
 * Whether a thread can have come of these rows: each message is one of them, in their order, once, and what counts as
 * sent is there. Which of several rows with the same words was given up cannot be seen in the thread.
 */
export function canComeOf(
  rows: readonly { text: string; state: string }[],
  said: readonly string[],
  says: (said: string, text: string) => boolean = (a, b) => a === b,
): boolean {
  /** Numbers of messages that the rows so far can have brought about. */
  let reached = new Set([0]);
  for (const { text, state } of rows) {
    const next = new Set(state === 'sent' ? [] : reached);
    for (const n of reached) {
      const message = said[n];
      if (message !== undefined && says(message, text)) next.add(n + 1);
    }
    reached = next;
  }
  return reached.has(said.length);
}

/** Each message of the thread is a row of the outbox, in its order, once; what counts as sent is there. */
export function unlikeItsOutbox({ rows, said }: Thread): ThreadWrong[] {
  if (canComeOf(rows, said)) return [];
  const wrong: ThreadWrong[] = [];
  let from = 0;
  for (const row of rows) {
    if (said[from] === row.text) from++;
    else if (row.state === 'sent')
      wrong.push({
        kind: 'lost',
        text: `the thread lacks, or has in another place, what counts as sent: ${short(row.text)}`,
      });
  }
  for (const text of said.slice(from))
    wrong.push({ kind: 'duplicate', text: `the thread says twice or out of order: ${short(text)}` });
  return wrong;
}

/** As `unlikeItsOutbox` where another release may have worded the messages: by their number alone. */
export function otherNumberThanItsOutbox({ rows, said }: Thread): ThreadWrong[] {
  const sent = rows.filter((r) => r.state === 'sent').length;
  const most = sent + rows.filter((r) => r.state === 'given_up').length;
  const wrong: ThreadWrong[] = [];
  if (said.length > most)
    wrong.push({
      kind: 'duplicate',
      text: `the thread has ${said.length} messages for ${sent} that were sent`,
    });
  if (said.length < sent)
    wrong.push({ kind: 'lost', text: `the thread has ${said.length} messages, ${sent} were sent` });
  for (const text of repeated(
    rows
      .filter((r) => r.kind !== HOURLY)
      .map((r) => r.text)
      .filter((t) => !OF_BATCHES.test(t) && !OF_DOUBT.test(t)),
  ))
    wrong.push({ kind: 'duplicate', text: `news is there twice: ${short(text)}` });
  return wrong;
}

/** Only what was on its way to Slack when a life died may be given up: one message at most for each death. */
export function givenUpWithoutDoubt(
  { rows }: Thread,
  onItsWay: readonly number[],
  deaths: number,
): ThreadWrong[] {
  const givenUp = rows.filter((r) => r.state === 'given_up');
  const wrong = givenUp
    .filter((r) => !onItsWay.includes(r.id))
    .map(
      (r): ThreadWrong => ({
        kind: 'lost',
        text: `given up, though it was not on its way when the bot died: ${short(r.text)}`,
      }),
    );
  if (givenUp.length > deaths)
    wrong.push({ kind: 'lost', text: `${givenUp.length} messages were given up in ${deaths} deaths` });
  return wrong;
}

export function questionsTwice({ rows }: Thread): ThreadWrong[] {
  const questions = rows.filter((r) => r.kind === 'question').map((r) => r.text);
  const answers = rows.filter((r) => r.kind !== 'question' && OF_DOUBT.test(r.text)).length;
  const wrong = repeated(questions).map(
    (text): ThreadWrong => ({ kind: 'duplicate', text: `the same question is asked twice: ${short(text)}` }),
  );
  if (answers > questions.length)
    wrong.push({ kind: 'duplicate', text: `${answers} answers to ${questions.length} questions` });
  return wrong;
}

/** Held against whichever of the jobs that never crashed it is most like. */
export function unlikeUncrashed(thread: Thread, references: readonly Thread[]): ThreadWrong[] {
  const found = references.map((reference) => differences(thread, reference));
  return found.toSorted((a, b) => a.length - b.length)[0] ?? [];
}

function differences(thread: Thread, reference: Thread): ThreadWrong[] {
  const is = newsOf(thread);
  const wanted = newsOf(reference);
  const wrong: ThreadWrong[] = [];
  for (const text of new Set([...wanted, ...is])) {
    const times = is.filter((t) => t === text).length;
    const want = wanted.filter((t) => t === text).length;
    if (times > want)
      wrong.push({
        kind: want > 0 ? 'duplicate' : 'other',
        text: `news ${times} times, not ${want}: ${short(text)}`,
      });
    if (times < want) wrong.push({ kind: 'lost', text: `news ${times} times, not ${want}: ${short(text)}` });
  }
  if (wrong.length === 0 && inOrder(is).join('\n') !== inOrder(wanted).join('\n'))
    wrong.push({ kind: 'other', text: `news in another order: ${is.map(short).join(' | ')}` });
  return wrong;
}

function newsOf({ rows }: Thread): string[] {
  return rows
    .filter((r) => r.kind !== HOURLY)
    .map((r) => r.text)
    .filter((text) => !OF_DOUBT.test(text));
}

/** The order that must be kept: what is said side by side is sorted between the messages around it. */
function inOrder(texts: readonly string[]): string[] {
  const out: string[] = [];
  let beside: string[] = [];
  for (const text of texts) {
    if (SIDE_BY_SIDE.test(text)) {
      beside.push(text);
      continue;
    }
    out.push(...beside.sort(), text);
    beside = [];
  }
  return [...out, ...beside.sort()];
}

function repeated(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text, i) => texts.indexOf(text) !== i))];
}

function short(text: string): string {
  return text.slice(0, 80);
}
