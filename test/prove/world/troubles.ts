/** What can go wrong around the whole process, when it does in this seed, and how often it really did. */
import { GROUPS, USERS } from '../../../sandbox/slack/default-workspace.ts';
import {
  AWS_FAULTS,
  CHANGING,
  clearAwsFaults,
  countSlackFaults,
  READING,
  randomAwsFault,
} from '../fault-kinds.ts';
import type { Random } from '../sim/random.ts';
import { type Company, MINUTE, SECOND } from './company.ts';

/** How often each may come up in a troubled hour; each seed leaves many out (swarm testing). */
const OCCASIONS = {
  aws_changing: 38.4,
  aws_reading: 16,
  agent_lost: 4.8,
  stopped_by_others: 2.4,
  terminated_by_others: 1,
  sessions_expired: 4.8,
  slack_outage: 4.8,
  slack_rate_limited: 8,
  slack_answer_lost: 12.8,
  slack_reset: 8,
  slack_slow: 6.4,
  slack_refresh: 6.4,
  slack_warning: 4.8,
  slack_severed: 6.4,
  approver_removed: 4.8,
  killed_at_random: 6.4,
  restarted: 4.8,
} as const;
type Occasion = keyof typeof OCCASIONS;

/** Every kind that a campaign of some dozen seeds must have seen fire. */
export const KINDS: readonly string[] = [
  ...AWS_FAULTS.map(([kind, when]) => `aws ${kind} ${when}`),
  ...Object.keys(OCCASIONS).filter((name) => !name.startsWith('aws_') && name !== 'terminated_by_others'),
  'killed_at_a_point',
  'calls_cut_off_by_a_kill',
  'reconfigured',
];

export class Troubles {
  readonly fired = new Map<string, number>();
  over = false;
  readonly #company: Company;
  readonly #random: Random;
  readonly #until: number;
  readonly #rates: ReadonlyMap<Occasion, number>;
  readonly #kill: () => void;
  #slackFaults = 0;

  /** They begin at once and are over at `until`, but for those of Slack that last longer. */
  constructor(parts: {
    company: Company;
    random: Random;
    until: number;
    kill: () => void;
    restart: () => void;
  }) {
    const { company, random, until } = parts;
    this.#company = company;
    this.#random = random;
    this.#until = until;
    this.#kill = parts.kill;
    this.#restart = parts.restart;
    const share = random.pick([0.3, 0.5, 0.8]);
    this.#rates = new Map(
      (Object.keys(OCCASIONS) as Occasion[]).map((name) => [
        name,
        random.chance(share) ? OCCASIONS[name] * (0.5 + random.next()) : 0,
      ]),
    );
  }

  readonly #restart: () => void;

  count(kind: string, times = 1): void {
    if (times > 0) this.fired.set(kind, (this.fired.get(kind) ?? 0) + times);
  }

  /** Puts them on the clock. */
  begin(): void {
    const { clock } = this.#company;
    for (const [name, perHour] of this.#rates) {
      const expected = (perHour * (this.#until - clock.now())) / (60 * MINUTE);
      let times = Math.floor(expected) + (this.#random.chance(expected % 1) ? 1 : 0);
      for (; times > 0; times--)
        clock.later(this.#random.between(0, this.#until - clock.now()), () => {
          if (!this.over) this.#happen(name);
        });
    }
  }

  #happen(name: Occasion): void {
    const { aws, slack, clock } = this.#company;
    const random = this.#random;
    this.#company.say(`trouble: ${name}`);
    switch (name) {
      case 'aws_changing': {
        this.#awsFault(random.pick(CHANGING));
        return;
      }
      case 'aws_reading': {
        this.#awsFault(random.pick(READING));
        return;
      }
      case 'agent_lost': {
        this.#onMachine(name, (id) => {
          aws.control.setInstance(id, { ping: 'ConnectionLost' });
          clock.later(random.between(1, 10) * MINUTE, () => this.#backOnline(id));
        });
        return;
      }
      case 'stopped_by_others': {
        this.#onMachine(name, (id) => aws.control.setInstance(id, { state: 'stopped' }));
        return;
      }
      case 'terminated_by_others': {
        this.#onMachine(name, (id) => aws.control.setInstance(id, { state: 'terminated' }));
        return;
      }
      case 'sessions_expired':
        this.count(name);
        {
          aws.control.expireSessions();
          return;
        }
      case 'slack_outage': {
        this.count(name);
        slack.control.outage(true);
        if (random.chance(0.5)) slack.control.severSockets();
        const minutes = random.weighted([
          [random.between(1, 5), 5],
          [random.between(5, 20), 3],
          [random.between(20, 90), 1],
        ]);
        clock.later(minutes * MINUTE, () => slack.control.outage(false));
        return;
      }
      case 'slack_rate_limited': {
        slack.control.fault({
          method: random.pick(['*', 'chat.update', 'chat.postMessage']),
          kind: 'rate_limited',
          times: random.between(1, 8),
          retryAfter: random.pick([1, 5, 30]),
        });
        return;
      }
      case 'slack_answer_lost': {
        slack.control.fault({
          method: random.pick([
            'chat.postMessage',
            'chat.postMessage',
            'chat.update',
            'files.completeUploadExternal',
          ]),
          kind: 'reset',
          when: 'after',
        });
        return;
      }
      case 'slack_reset': {
        slack.control.fault({
          method: random.pick(['*', 'chat.postMessage', 'upload']),
          kind: 'reset',
        });
        return;
      }
      case 'slack_slow':
        this.count(name);
        {
          slack.control.fault({
            method: '*',
            kind: 'slow',
            delayMs: random.pick([1 * SECOND, 4 * SECOND, 20 * SECOND]),
            times: random.between(1, 3),
          });
          return;
        }
      case 'slack_refresh':
      case 'slack_warning':
        if (slack.control.connections() === 0) return;
        this.count(name);
        {
          slack.control.disconnectSockets(name === 'slack_refresh' ? 'refresh_requested' : 'warning', {
            count: random.between(1, 2),
          });
          return;
        }
      case 'slack_severed':
        if (slack.control.connections() === 0) return;
        this.count(name);
        {
          slack.control.severSockets({ count: random.between(1, 2) });
          return;
        }
      case 'approver_removed': {
        this.count(name);
        const gone = random.pick([USERS.aisha, USERS.tom]);
        slack.control.setGroup(
          GROUPS.approvers,
          [USERS.aisha, USERS.tom].filter((user) => user !== gone),
        );
        clock.later(random.between(2, 15) * MINUTE, () => this.#everybodyBack());
        return;
      }
      case 'killed_at_random': {
        this.#kill();
        return;
      }
      case 'restarted': {
        this.#restart();
        return;
      }
    }
  }

  #awsFault(operation: string): void {
    const { aws, clock } = this.#company;
    const random = this.#random;
    const fault = randomAwsFault(random, operation, [2 * SECOND, 8 * SECOND]);
    aws.control.fault(fault);
    // What is hidden comes to light, and a permission that was taken away is given back.
    if (fault.kind === 'hide' || fault.kind === 'denied')
      clock.later(random.between(20, 240) * SECOND, () => this.#clearAws());
  }

  #clearAws(): void {
    clearAwsFaults(this.#company.aws.control, (kind, times) => this.count(kind, times));
  }

  #onMachine(name: Occasion, change: (id: string) => void): void {
    const up = this.#company.aws.control.instances().filter((i) => i.state === 'running');
    if (up.length === 0) return;
    this.count(name);
    change(this.#random.pick(up).id);
  }

  #backOnline(id: string): void {
    const { control } = this.#company.aws;
    if (control.instance(id).state === 'running') control.setInstance(id, { ping: 'Online' });
  }

  #everybodyBack(): void {
    this.#company.slack.control.setGroup(GROUPS.approvers, [USERS.aisha, USERS.tom]);
  }

  /** From now on nothing goes wrong. Machines whose agents went silent by themselves stay as they are. */
  end(): void {
    this.over = true;
    this.#clearAws();
    const { slack } = this.#company;
    slack.control.clearFaults();
    this.#everybodyBack();
  }

  /** Counts what is only seen in the answers that Slack gave. */
  countSlack(): void {
    const calls = this.#company.slack.control.calls();
    countSlackFaults(calls.slice(this.#slackFaults), (kind) => this.count(kind));
    this.#slackFaults = calls.length;
  }
}
