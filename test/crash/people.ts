/**
 * The people of a job. They are patient: when the bot dies they wait for it to come back, retype what was lost,
 * and answer what it asks after looking at AWS themselves. They also note what they could not make sense of.
 */
import type { AwsControl, CommandSnapshot } from '../../sandbox/aws/control.ts';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import type { PageMessage } from '../../sandbox/slack/page-api.ts';
import type { SlackSimulator } from '../../sandbox/slack/server.ts';
import { Patience } from './patience.ts';
import type { QuestionSeen, Seen } from './rows.ts';

/** A run that waits says for what; while it looks or writes its report, the phase says it. */
const SILENT_FOR_MS = 5000;
const SPEAKS_FOR_ITSELF = ['discover', 'plan', 'report'];

export class People {
  readonly #environment: string;
  readonly #aws: AwsControl;
  readonly #slack: SlackSimulator;
  readonly #hasty: boolean;
  #typed = 0;
  readonly #typing = new Patience(() => this.#repliesTo(USERS.priya));
  readonly #approving = new Patience(() => this.#repliesTo(USERS.aisha));
  /** Question → the newest click on one of its answers. */
  readonly #answered = new Map<number, symbol>();
  /** Questions on whose answers somebody clicked: a click of which Slack says that it was not taken may have been. */
  readonly #clicked = new Set<number>();
  /** Questions seen, with the installs that AWS had taken for their instances at that time. */
  readonly #open = new Map<number, { tag: string; taken: number }>();
  readonly #wrong = new Set<string>();
  #silent: { id: string; revision: number; since: number } | null = null;

  /** `hasty` people believe what Systems Manager lists at that moment; others look until nothing can hide. */
  constructor(environment: string, aws: AwsControl, slack: SlackSimulator, hasty: boolean) {
    this.#environment = environment;
    this.#aws = aws;
    this.#slack = slack;
    this.#hasty = hasty;
  }

  get questionsAnswered(): number {
    return this.#clicked.size;
  }

  get commandsTyped(): number {
    return this.#typed;
  }

  /** States that say nothing to a person, and what was done behind an open question. */
  get wrong(): string[] {
    return [...this.#wrong];
  }

  /** A new life of the bot: whatever it did not take before is done again at once. */
  botIsBack(): void {
    this.#typing.botIsBack();
    this.#approving.botIsBack();
    this.#silent = null;
  }

  /** Called every few milliseconds, also while nobody answers. */
  watch(seen: Seen): void {
    for (const question of seen.attention) {
      if (question.note === '') this.#wrong.add(`no next action: question ${question.tag} says nothing`);
      if (this.#clicked.has(question.id)) continue;
      const before = this.#open.get(question.id)?.taken;
      const now = this.#installsTaken(question);
      if (before === undefined) this.#open.set(question.id, { tag: question.tag, taken: now });
      else if (now > before)
        this.#wrong.add(`sent while a person was being asked: ${question.tag} (${now - before} more)`);
    }
    this.#goneByThemselves(seen);
    const run = seen.runs.find((r) => r.phase !== 'ended');
    const says = run && (SPEAKS_FOR_ITSELF.includes(run.phase) || run.because !== '[]');
    if (!run || says) this.#silent = null;
    else if (this.#silent?.id !== run.id || this.#silent.revision !== run.revision)
      this.#silent = { id: run.id, revision: run.revision, since: Date.now() };
    else if (Date.now() - this.#silent.since > SILENT_FOR_MS)
      this.#wrong.add(`no next action: a run stood in ${run.phase} without a word of what it waits for`);
  }

  /** A question goes away by a person's answer, or because AWS shows what it was about. */
  #goneByThemselves(seen: Seen): void {
    if (seen.runs.length === 0) return;
    for (const [id, { tag }] of this.#open) {
      if (this.#clicked.has(id) || seen.attention.some((q) => q.id === id)) continue;
      if (!this.#aws.commands().some((c) => c.comment === tag))
        this.#wrong.add(`sent while a person was being asked: ${tag} went away without an answer`);
    }
  }

  /** Retype, click, answer. `answers` = false: questions stay open. */
  act(seen: Seen, answers: boolean): void {
    const now = Date.now();
    const run = seen.runs.find((r) => r.phase !== 'ended');
    if (seen.runs.length === 0) this.#type(now);
    if (run?.phase === 'await_approval') this.#approve(run.planHash, now);
    if (answers) for (const question of seen.attention) this.#answer(question, now);
  }

  #type(now: number): void {
    const asked = this.#typing.ask(now, () =>
      this.#slack.control.command({
        user: USERS.priya,
        channel: CHANNELS.nonprod,
        text: `/patch scan ${this.#environment}`,
      }),
    );
    if (asked) this.#typed++;
  }

  #approve(planHash: string | null, now: number): void {
    const card = this.#messages().find((m) => {
      const text = JSON.stringify(m.blocks);
      return text.includes('"run_approve"') && text.includes(String(planHash));
    });
    if (!card) return;
    this.#approving.ask(now, () =>
      this.#slack.control.click({
        user: USERS.aisha,
        channel: CHANNELS.nonprod,
        ts: card.ts,
        actionId: 'run_approve',
      }),
    );
  }

  #answer(question: QuestionSeen, now: number): void {
    if (this.#answered.has(question.id)) return;
    // A person looks in Systems Manager first. What is there is adopted without an answer.
    const shows = (c: CommandSnapshot) => !this.#hasty || (c.visibleFrom !== null && c.visibleFrom <= now);
    if (this.#aws.commands().some((c) => c.comment === question.tag && shows(c))) return;
    const asked = this.buttonOf(question.tag);
    if (!asked) return;
    if (asked.unclear !== null) this.#wrong.add(`no next action: ${asked.unclear}`);
    const click = Symbol(question.tag);
    this.#answered.set(question.id, click);
    this.#clicked.add(question.id);
    void this.#slack.control
      .click({
        user: USERS.aisha,
        channel: CHANNELS.nonprod,
        actionId: 'question_send_again',
        ts: asked.ts,
        blockId: asked.blockId,
      })
      .then(
        (answer) => answer.ok,
        () => false,
      )
      .then((taken) => {
        // That an earlier click, to a bot that died, came to nothing is heard after a later one was taken.
        if (!taken && this.#answered.get(question.id) === click) this.#answered.delete(question.id);
      });
  }

  /** An answer that died with the bot is given again. */
  answersWereLost(seen: Seen): void {
    for (const { id } of seen.attention) this.#answered.delete(id);
  }

  /** Where the answer to this question is clicked: several may be open, each with a block of its own. */
  buttonOf(tag: string): { ts: string; blockId: string; unclear: string | null } | null {
    for (const message of this.#messages()) {
      for (const [index, block] of message.blocks.entries()) {
        const text = JSON.stringify(block);
        const asks = text.includes('question_send_again') && text.includes(`\\"tag\\":\\"${tag}\\"`);
        if (!asks || !block.block_id) continue;
        const above = JSON.stringify(message.blocks[index - 1] ?? '');
        const answers = text.split('\\"tag\\"').length - 1;
        const unclear =
          above.length > 150 && answers > 1
            ? null
            : `a question has ${answers} answers and says only: ${above}`;
        return { ts: message.ts, blockId: block.block_id, unclear };
      }
    }
    return null;
  }

  #repliesTo(user: string): number {
    return this.#messages().filter((m) => m.ephemeralTo === user).length;
  }

  #messages(): PageMessage[] {
    return this.#slack.control.messages({ channel: CHANNELS.nonprod }).toReversed();
  }

  #installsTaken(question: QuestionSeen): number {
    const ids: string[] = JSON.parse(question.request).instanceIds ?? [];
    return this.#aws
      .ledger()
      .filter(
        (e) =>
          e.operation === 'SendCommand' &&
          e.params['Operation'] === 'Install' &&
          ids.some((id) => (e.params['instanceIds'] ?? '').includes(id)),
      ).length;
  }
}
