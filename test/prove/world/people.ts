/**
 * The people of the company, who have nothing but Slack: they type, click, fill in modals, click twice, click
 * what they may not. When the troubles are over they are all at work and do what is asked of them.
 */

import { CHANNELS, USERS } from '../../../sandbox/slack/default-workspace.ts';
import { interactiveElements } from '../../../sandbox/slack/elements.ts';
import type { ActionAnswer, PageMessage } from '../../../sandbox/slack/page-api.ts';
import type { Random } from '../sim/random.ts';
import { type Company, MINUTE, SECOND } from './company.ts';

const REQUESTERS = [USERS.priya, USERS.marco];
const APPROVERS = [USERS.aisha, USERS.tom];
const ANYBODY = [...REQUESTERS, ...APPROVERS, USERS.olga];
const CHANNEL = CHANNELS.nonprod;

interface Button {
  ts: string;
  blockId: string;
  actionId: string;
  value: string;
}

export class People {
  helpful = false;
  /** What was done and acknowledged, by its name. */
  readonly did = new Map<string, number>();
  readonly #company: Company;
  readonly #random: Random;
  readonly #scope: string;
  /** When a helpful person first saw a question: they look for a while before they answer. */
  readonly #seenAt = new Map<string, number>();

  constructor(parts: { company: Company; random: Random; scope: string }) {
    this.#company = parts.company;
    this.#random = parts.random;
    this.#scope = parts.scope;
  }

  begin(): void {
    this.#company.clock.later(this.#random.between(2, 20) * SECOND, () => this.#turn());
  }

  #turn(): void {
    if (this.helpful) this.#help();
    else this.#something();
    const pause = this.helpful ? 30 * SECOND : this.#random.between(10, 60) * SECOND;
    this.#company.clock.later(pause, () => this.#turn());
  }

  #something(): void {
    const random = this.#random;
    const buttons = this.#buttons();
    const has = (actionId: string) => buttons.some((b) => b.actionId === actionId);
    const asked = buttons.filter((b) => b.actionId.startsWith('question_'));
    const open = this.#openRuns();
    random.weighted<() => void>([
      [() => this.#scan(), open.length === 0 ? 40 : 2],
      [
        () => this.#press('approve', random.pick(random.chance(0.8) ? APPROVERS : ANYBODY), 'run_approve'),
        has('run_approve') ? 40 : 0,
      ],
      [() => this.#excludeOne(), has('run_exclude') ? 3 : 0],
      [() => this.#press('stop', random.pick(ANYBODY), 'run_stop'), has('run_stop') ? 2 : 0],
      [() => this.#answer(random.pick(asked), random.pick(APPROVERS)), asked.length > 0 ? 15 : 0],
      [() => this.#type('freeze', random.pick(ANYBODY), '/patch freeze all incident'), 1],
      [() => this.#type('unfreeze', random.pick(APPROVERS), '/patch unfreeze all'), this.#frozen() ? 20 : 1],
      [
        () => this.#type('retry', random.pick(ANYBODY), `/patch retry ${this.#lastRun() ?? 'none'}`),
        open.length === 0 ? 8 : 1,
      ],
      [() => this.#type('status', random.pick(ANYBODY), '/patch status'), 2],
      [() => undefined, 20],
    ])();
  }

  #help(): void {
    if (this.#frozen()) this.#type('unfreeze', USERS.aisha, '/patch unfreeze all');
    if (this.#lastRun() === undefined) this.#scan();
    const buttons = this.#buttons();
    if (buttons.some((b) => b.actionId === 'run_approve'))
      for (const who of APPROVERS) this.#press('approve', who, 'run_approve');
    const asked = new Map(
      buttons.filter((b) => b.actionId.startsWith('question_')).map((b) => [b.blockId.split('_')[1], b]),
    );
    for (const [id, button] of asked) {
      const since = this.#seenAt.get(`${id}`) ?? this.#company.clock.now();
      this.#seenAt.set(`${id}`, since);
      // Long enough that what was sent can be seen in Systems Manager, and is adopted instead.
      if (this.#company.clock.now() - since < 3 * MINUTE) continue;
      this.#seenAt.delete(`${id}`);
      this.#answer(button, this.#random.pick(APPROVERS));
    }
    for (const { runId, instance } of this.#unknown())
      this.#type('resolve', USERS.aisha, `/patch resolve ${runId} ${instance} looked at it by hand`);
  }

  #scan(): void {
    const option = this.#random.weighted([
      ['', 8],
      [' --fresh', 1],
      [' --dry-run', 1],
      [' --backup-only', 1],
    ] as const);
    const who = this.#random.pick(this.#random.chance(0.9) ? REQUESTERS : ANYBODY);
    this.#type(
      `scan${option}`,
      who,
      `/patch scan ${this.#random.pick(['test', this.#scope])} --now${option}`,
    );
  }

  #answer(button: Button, who: string): void {
    this.#click(`answer ${button.actionId.slice('question_'.length)}`, who, button);
  }

  #press(name: string, who: string, actionId: string): void {
    const button = this.#buttons().find((b) => b.actionId === actionId);
    if (button) this.#click(name, who, button);
  }

  #click(name: string, who: string, { ts, blockId, actionId }: Button): void {
    const { control } = this.#company.slack;
    const times = this.#random.chance(0.15) ? 2 : 1;
    this.#company.say(`${who} clicks ${name}${times > 1 ? ' twice' : ''}`);
    for (let i = 0; i < times; i++)
      void control
        .click({ user: who, channel: CHANNEL, ts, blockId, actionId })
        .then((a) => this.#heard(name, a));
    if (times > 1) this.#count('clicked twice');
  }

  #type(name: string, who: string, text: string): void {
    this.#company.say(`${who} types ${text}`);
    void this.#company.slack.control
      .command({ user: who, channel: CHANNEL, text })
      .then((a) => this.#heard(name, a));
  }

  /** The form opens after a moment, and is filled in after a few more. */
  #excludeOne(): void {
    const who = this.#random.pick(ANYBODY);
    this.#press('exclude', who, 'run_exclude');
    this.#company.clock.later(this.#random.between(3, 30) * SECOND, () => {
      const view = this.#company.slack.control.views(who).at(-1);
      if (view?.title !== 'Exclude instances' || view.submit === null) return;
      this.#company.say(`${who} submits the exclusion`);
      void this.#company.slack.control
        .submit({
          user: who,
          viewId: view.id,
          values: { targets_page_0: { targets_chosen: ['0'] }, reason: { reason_text: 'month end' } },
        })
        .then((a) => this.#heard('exclude submitted', a));
    });
  }

  #heard(name: string, answer: ActionAnswer): void {
    this.#company.say(`${name}: ${JSON.stringify(answer)}`);
    this.#count(answer.ok ? name : 'not acknowledged');
  }

  #count(name: string): void {
    this.did.set(name, (this.did.get(name) ?? 0) + 1);
  }

  /** What can be clicked on the newest cards. */
  #buttons(): Button[] {
    return this.#cards()
      .slice(-2)
      .toReversed()
      .flatMap((card) =>
        interactiveElements(card.blocks).map(({ blockId, actionId, element }) => ({
          ts: card.ts,
          blockId,
          actionId,
          value: String(element['value'] ?? ''),
        })),
      );
  }

  #cards(): PageMessage[] {
    return this.#company.slack.control
      .messages({ channel: CHANNEL })
      .filter((m) => m.threadTs === null && m.ephemeralTo === null && m.user === USERS.bot);
  }

  // What `/patch runs` would tell them.

  #openRuns(): string[] {
    return (
      this.#company
        .store()
        ?.openRuns()
        .map((r) => r.id) ?? []
    );
  }

  #lastRun(): string | undefined {
    return this.#company.store()?.runs(1)[0]?.id;
  }

  #frozen(): boolean {
    return (this.#company.store()?.freezes() ?? []).length > 0;
  }

  #unknown(): { runId: string; instance: string }[] {
    const store = this.#company.store();
    return (store?.runs(20) ?? [])
      .filter((run) => run.phase === 'ended')
      .flatMap((run) =>
        (store?.allTargets(run.id) ?? [])
          .filter((t) => t.outcome === 'unknown' && (store?.instanceLocks([t.key]).length ?? 0) > 0)
          .map((t) => ({ runId: run.id, instance: t.instance.instanceId })),
      );
  }
}
