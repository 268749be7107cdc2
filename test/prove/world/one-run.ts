/** One run in virtual time, asked for and approved by people in Slack, with the intervals of production. */
import { CHANNELS, USERS } from '../../../sandbox/slack/default-workspace.ts';
import { interactiveElements } from '../../../sandbox/slack/elements.ts';
import { type Company, MINUTE, SECOND } from './company.ts';

/** What docs/configuration.md says when the file says nothing. */
export const DEFAULT_TIMING = {
  poll_images: '30s',
  poll_commands: '15s',
  poll_power: '10s',
  agent_grace: '15m',
  effect_grace: '2m',
  api_timeout: '20s',
  lost_agent_after: '30m',
  verify_timeout: '30m',
  backup_timeout: '6h',
  start_timeout: '15m',
  delivery_timeout: '10m',
  install_worst_case: '2h10m',
  reboot_allowance: '15m',
  back_off: '1s',
  card_interval: '3s',
};

/** What machines and AWS take in life. */
export const REAL_DURATIONS = {
  delivery: 3 * SECOND,
  scan: 80 * SECOND,
  install: 9 * MINUTE,
  reboot: 3 * MINUTE,
  image: 5 * MINUTE,
  checks: 90 * SECOND,
  agent: 40 * SECOND,
};

export class OneRun {
  readonly #company: Company;
  readonly #look: () => void;

  /** `look` is called after every event. */
  constructor(company: Company, look: () => void) {
    this.#company = company;
    this.#look = look;
  }

  /** The bot starts, somebody asks for a run, somebody else approves it. `within`: until there is a card, ms. */
  async begin(within = 5 * MINUTE): Promise<void> {
    const { clock, slack } = this.#company;
    this.#company.start(0);
    clock.later(10 * SECOND, () => {
      void slack.control.command({
        user: USERS.priya,
        channel: CHANNELS.nonprod,
        text: '/patch scan test --now',
      });
    });
    await this.press('run_approve', within);
  }

  /** What a run of more instances than `confirm_above` asks for after the first click. */
  async confirmItsSize(): Promise<void> {
    const { control } = this.#company.slack;
    await this.press('run_second_confirmation', MINUTE);
    await this.until(() => control.views(USERS.aisha).length > 0, MINUTE, 'a form to confirm the size');
    void control.submit({
      user: USERS.aisha,
      viewId: control.views(USERS.aisha).at(-1)?.id ?? '',
      values: { environment: { environment_typed: 'test' } },
    });
  }

  /** An approver clicks this button as soon as it is there. */
  async press(actionId: string, within: number): Promise<void> {
    await this.until(() => this.#button(actionId) !== undefined, within, `button ${actionId}`);
    const { ts, blockId } = this.#button(actionId) ?? { ts: '', blockId: '' };
    void this.#company.slack.control.click({
      user: USERS.aisha,
      channel: CHANNELS.nonprod,
      ts,
      blockId,
      actionId,
    });
  }

  /** Rejects when it has not come true within so many simulated ms. */
  async until(done: () => boolean, within: number, what: string): Promise<void> {
    const until = this.#company.clock.now() + within;
    while (!done()) {
      if (this.#company.clock.now() > until) throw new Error(`no ${what} within ${within / MINUTE} min`);
      await this.#company.step();
      this.#look();
    }
  }

  ended(): boolean {
    const store = this.#company.store();
    return store !== null && store.runs(1).length > 0 && store.openRuns().length === 0;
  }

  #button(actionId: string): { ts: string; blockId: string } | undefined {
    return this.#company.slack.control
      .messages({ channel: CHANNELS.nonprod })
      .flatMap((m) => interactiveElements(m.blocks).map((e) => ({ ...e, ts: m.ts })))
      .findLast((e) => e.actionId === actionId);
  }
}
