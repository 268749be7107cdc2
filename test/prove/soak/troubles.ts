/** What goes wrong around the bot in real time, one thing after the other, until it is told to end. */
import type { FaultSpec } from '../../../sandbox/aws/faults.ts';
import type { AwsSimulator } from '../../../sandbox/aws/server.ts';
import type { Fault } from '../../../sandbox/slack/faults.ts';
import type { SlackSimulator } from '../../../sandbox/slack/server.ts';
import {
  AWS_FAULTS,
  CHANGING,
  clearAwsFaults,
  countSlackFaults,
  READING,
  randomAwsFault,
} from '../fault-kinds.ts';
import type { Random } from '../sim/random.ts';

/** How often each comes up, as a share of all. */
const OCCASIONS = [
  ['aws_changing', 10],
  ['aws_install', 8],
  ['aws_reading', 6],
  ['sessions_expired', 1],
  ['slack_outage', 1],
  ['slack_rate_limited', 2],
  ['slack_answer_lost', 3],
  ['slack_reset', 2],
  ['slack_refused', 2],
  ['slack_server_error', 2],
  ['slack_slow', 1],
  ['slack_refresh', 1],
  ['slack_warning', 1],
  ['slack_severed', 1],
] as const;
type Occasion = (typeof OCCASIONS)[number][0];

export const KINDS: readonly string[] = [
  ...AWS_FAULTS.map(([kind, when]) => `aws ${kind} ${when}`),
  ...OCCASIONS.map(([name]) => name).filter((name) => !name.startsWith('aws_')),
];

/** Real ms from one to the next. */
const PAUSE = [200, 1400] as const;
/** So long AWS hides what it made or refuses what it allowed; so long Slack is away. Real ms. */
const LASTS = [1000, 4000] as const;
/** Of all methods, and of those that tell people something. */
const METHODS = ['*', 'chat.postMessage', 'chat.update', 'files.completeUploadExternal'];

/** A refusal that passes: Slack did nothing. */
const REFUSAL = 'service_unavailable';

export class Troubles {
  readonly fired = new Map<string, number>();
  readonly #aws: AwsSimulator;
  readonly #slack: SlackSimulator;
  readonly #random: Random;
  readonly #timers = new Set<NodeJS.Timeout>();
  #over = false;

  constructor(aws: AwsSimulator, slack: SlackSimulator, random: Random) {
    this.#aws = aws;
    this.#slack = slack;
    this.#random = random;
  }

  begin(): void {
    this.#later(PAUSE, () => {
      this.#happen[this.#random.weighted(OCCASIONS)]();
      this.begin();
    });
  }

  /** From now on nothing goes wrong. */
  end(): void {
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#clearAws();
    this.#slack.control.clearFaults();
    countSlackFaults(this.#slack.control.calls(), (kind) => this.#count(kind));
    for (const { answered } of this.#slack.control.calls()) {
      if (typeof answered !== 'object' || answered === null) continue;
      if (answered.status >= 500) this.#count('slack_server_error');
      else if (answered.body['error'] === REFUSAL) this.#count('slack_refused');
    }
  }

  #count(kind: string, times = 1): void {
    if (times > 0) this.fired.set(kind, (this.fired.get(kind) ?? 0) + times);
  }

  #later([least, most]: readonly [number, number], what: () => void): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (!this.#over) what();
      },
      this.#random.between(least, most),
    );
    this.#timers.add(timer);
  }

  readonly #happen: Readonly<Record<Occasion, () => void>> = {
    aws_changing: () => this.#awsFault(CHANGING),
    // Most commands are scans, and an install is what must not be done twice.
    aws_install: () => this.#awsFault(['SendCommand'], { parameter: { Operation: 'Install' } }),
    aws_reading: () => this.#awsFault(READING),
    sessions_expired: () => {
      this.#count('sessions_expired');
      this.#aws.control.expireSessions();
    },
    slack_outage: () => {
      this.#count('slack_outage');
      this.#slack.control.outage(true);
      this.#later(LASTS, () => this.#slack.control.outage(false));
    },
    slack_rate_limited: () =>
      this.#slackFault({ kind: 'rate_limited', times: this.#random.between(1, 3), retryAfter: 1 }),
    slack_answer_lost: () => this.#slackFault({ kind: 'reset', when: 'after' }, METHODS.slice(1)),
    slack_reset: () => this.#slackFault({ kind: 'reset' }),
    slack_refused: () => this.#slackFault({ kind: 'error', error: REFUSAL }),
    slack_server_error: () => this.#slackFault({ kind: 'server_error', status: 500 }),
    slack_slow: () => {
      this.#count('slack_slow');
      this.#slackFault({ kind: 'slow', delayMs: this.#random.pick([300, 1500]) });
    },
    slack_refresh: () =>
      this.#connected('slack_refresh', (count) =>
        this.#slack.control.disconnectSockets('refresh_requested', { count }),
      ),
    slack_warning: () =>
      this.#connected('slack_warning', (count) =>
        this.#slack.control.disconnectSockets('warning', { count }),
      ),
    slack_severed: () =>
      this.#connected('slack_severed', (count) => this.#slack.control.severSockets({ count })),
  };

  #slackFault(fault: Omit<Fault, 'method'>, methods = METHODS): void {
    this.#slack.control.fault({ ...fault, method: this.#random.pick(methods) });
  }

  #connected(name: Occasion, happens: (count: number) => void): void {
    if (this.#slack.control.connections() === 0) return;
    this.#count(name);
    happens(this.#random.between(1, 2));
  }

  #awsFault(operations: readonly string[], match: FaultSpec['match'] = {}): void {
    const fault = randomAwsFault(this.#random, this.#random.pick(operations), [100, 300]);
    this.#aws.control.fault({ ...fault, match });
    if (fault.kind === 'hide' || fault.kind === 'denied') this.#later(LASTS, () => this.#clearAws());
  }

  #clearAws(): void {
    clearAwsFaults(this.#aws.control, (kind, times) => this.#count(kind, times));
  }
}
