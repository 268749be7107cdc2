/**
 * An hour in which Slack fails, in the middle of a wave, with the intervals of production and in virtual time: the
 * waves go on as if nothing were, the thread catches up in order, nothing is said twice, the card is true.
 */
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import { type Case, type CaseResult, proofOfCases } from '../cases.ts';
import { Company, MINUTE, SECOND } from './company.ts';
import { checkEnd, outboxOf, saidAll, threadOf } from './end-checks.ts';
import { DEFAULT_TIMING, OneRun, REAL_DURATIONS } from './one-run.ts';
import { Witness } from './witness.ts';

const HOUR = 60 * MINUTE;
/** The longest pause of the senders is 5 min; then each message has its turn. */
const CATCHES_UP_WITHIN = 15 * MINUTE;
/** Two polls of commands and one of backups for each of four waves, and what the network takes. */
const LATER_AT_MOST = 4 * MINUTE;
const WAVES = 4;

interface Trouble {
  name: 'down' | 'rate-limited' | 'answers-lost' | 'reconnecting';
  /** Calls that were on their way when it began, and the one that noticed; with answers lost, each message. */
  inDoubtAtMost: number;
  begin(company: Company): void;
  /** Every so often during the hour. */
  again?: { every: number; act(company: Company): void };
}

const TROUBLES: readonly Trouble[] = [
  {
    name: 'down',
    inDoubtAtMost: 1,
    begin({ slack }) {
      slack.control.outage(true);
      slack.control.severSockets();
    },
  },
  {
    name: 'rate-limited',
    inDoubtAtMost: 0,
    begin: ({ slack }) =>
      slack.control.fault({ method: '*', kind: 'rate_limited', times: null, retryAfter: 30 }),
  },
  {
    name: 'answers-lost',
    inDoubtAtMost: 100,
    begin: ({ slack }) =>
      slack.control.fault({ method: 'chat.postMessage', kind: 'reset', when: 'after', times: null }),
  },
  {
    name: 'reconnecting',
    inDoubtAtMost: 0,
    begin: ({ slack }) => slack.control.disconnectSockets('refresh_requested'),
    again: { every: 40 * SECOND, act: ({ slack }) => slack.control.severSockets({ count: 1 }) },
  },
];

interface Told {
  wrong: string[];
  /** Effects at AWS with the time since the trouble began. */
  effects: { what: string; at: number }[];
  struck: number;
  messages: number;
  inDoubt: number;
  effectsMeanwhile: number;
}

/** One run of four waves; the hour begins when the second wave is being patched. */
async function tell(seed: number, trouble: Trouble | null): Promise<Told> {
  const company = await Company.open({
    seed,
    fleet: smallFleet({
      linux: WAVES,
      durations: REAL_DURATIONS,
    }),
    slack: 'default',
    timing: DEFAULT_TIMING,
    environment: { wave: { size: 1 } },
  });
  try {
    return await new Hour(company, trouble).run();
  } finally {
    await company.close();
  }
}

class Hour {
  readonly #company: Company;
  readonly #trouble: Trouble | null;
  readonly #witness: Witness;
  readonly #one: OneRun;
  readonly #wrong: string[] = [];
  #beganAt: number | null = null;
  #overAt: number | null = null;

  constructor(company: Company, trouble: Trouble | null) {
    this.#company = company;
    this.#trouble = trouble;
    this.#witness = new Witness(company);
    this.#one = new OneRun(company, () => this.#witness.look());
  }

  async run(): Promise<Told> {
    const company = this.#company;
    const { clock, slack } = company;
    company.onDeath = () => this.#wrong.push('the bot ended');
    await this.#one.begin();
    await this.#one.until(() => this.#installs() === 2, 2 * HOUR, 'the patching of the second wave');
    this.#beganAt = clock.now();
    const callsBefore = slack.control.calls().length;
    this.#hour();
    await this.#one.until(
      () => this.#one.ended() && (this.#overAt ?? Number.MAX_VALUE) <= clock.now(),
      4 * HOUR,
      'the end of the run',
    );
    const from = Math.max(clock.now(), this.#overAt ?? 0);
    const struck = this.#struck(callsBefore);
    await this.#one.until(() => this.#saidAll(), CATCHES_UP_WITHIN, 'a thread that has caught up');
    company.say(`caught up after ${(clock.now() - from) / SECOND} s`);
    // What Slack is told goes over calls of its own; without a connection nobody can reach the bot.
    await this.#one.until(() => slack.control.connections() > 0, CATCHES_UP_WITHIN, 'connection to Slack');
    checkEnd(company, this.#witness);
    return this.#told(struck);
  }

  #hour(): void {
    const trouble = this.#trouble;
    const company = this.#company;
    const { clock, slack } = company;
    trouble?.begin(company);
    const again = () => {
      if (this.#overAt !== null) return;
      trouble?.again?.act(company);
      clock.later(trouble?.again?.every ?? HOUR, again);
    };
    clock.later(trouble?.again?.every ?? HOUR, again);
    clock.later(HOUR, () => {
      this.#overAt = clock.now();
      slack.control.clearFaults();
    });
  }

  #told(struck: number): Told {
    const { aws } = this.#company;
    const store = this.#company.store();
    const began = this.#beganAt ?? 0;
    const over = this.#overAt ?? 0;
    const run = store?.runs(1)[0];
    const outcomes = (run ? (store?.allTargets(run.id) ?? []) : []).map((t) => t.outcome);
    if (outcomes.length !== WAVES || outcomes.some((o) => o !== 'patched'))
      this.#wrong.push(`it ended as ${outcomes.join(', ')}`);
    const inDoubt = store ? outboxOf(store).filter((row) => row.state === 'given_up').length : 0;
    if (inDoubt > (this.#trouble?.inDoubtAtMost ?? 0)) this.#wrong.push(`${inDoubt} messages were given up`);
    const effects = aws.control
      .ledger()
      .filter((e) => e.outcome === 'effect' && e.service !== 'sts')
      .map((e) => ({
        what: `${e.operation} ${e.params['Operation'] ?? ''} ${e.params['instanceIds']}`,
        at: e.time - began,
      }));
    return {
      wrong: [...this.#wrong, ...this.#witness.violations],
      effects,
      struck,
      messages: run ? threadOf(this.#company, run.id).length : 0,
      inDoubt,
      effectsMeanwhile: effects.filter((e) => e.at > 0 && e.at < over - began).length,
    };
  }

  #installs(): number {
    return this.#company.aws.control
      .ledger()
      .filter((e) => e.params['Operation'] === 'Install' && e.outcome === 'effect').length;
  }

  #saidAll(): boolean {
    const store = this.#company.store();
    return store !== null && saidAll(store);
  }

  /** Calls of this hour that Slack refused or left without an answer, or connections that were asked for anew. */
  #struck(before: number): number {
    const calls = this.#company.slack.control.calls().slice(before);
    return calls.filter((c) => {
      if (this.#trouble?.name === 'reconnecting') return c.method === 'apps.connections.open';
      return c.answered === 'reset' || (c.answered !== null && c.answered.status >= 400);
    }).length;
  }
}

/** What would have been done when, if Slack had been well. Once for each seed. */
const undisturbed = new Map<number, Promise<Told>>();

function during(trouble: Trouble, seed: number): Case {
  return { name: trouble.name, run: () => compare(trouble, seed) };
}

async function compare(trouble: Trouble, seed: number): Promise<CaseResult> {
  const well = undisturbed.get(seed) ?? tell(seed, null);
  undisturbed.set(seed, well);
  const expected = await well;
  const told = await tell(seed, trouble);
  const wrong = [...expected.wrong.map((w) => `with Slack well: ${w}`), ...told.wrong];
  if (told.effects.map((e) => e.what).join() !== expected.effects.map((e) => e.what).join())
    wrong.push('other things were done at AWS than with Slack well');
  const latest = Math.max(...told.effects.map((e, i) => e.at - (expected.effects[i]?.at ?? 0)));
  if (latest > LATER_AT_MOST)
    wrong.push(`something was done ${latest / SECOND} s later than with Slack well`);
  if (told.effectsMeanwhile < 4) wrong.push(`only ${told.effectsMeanwhile} things were done during the hour`);
  return {
    wrong,
    fired: told.struck,
    figures: {
      'calls that failed, or sockets opened anew, in an hour': told.struck,
      'changes at AWS meanwhile': told.effectsMeanwhile,
      'most seconds later than with Slack well': Math.max(0, Math.round(latest / SECOND)),
      'messages in the threads': told.messages,
      'messages in doubt, not sent again': told.inDoubt,
    },
  };
}

export const proof = proofOfCases({
  name: 'slack-outage',
  bar: 'a simulated hour without Slack in the middle of a wave: no wave waits for it, is repeated or lost; the thread catches up in order, nothing is said twice, the card is true',
  injects: true,
  cases: ({ seed }) => TROUBLES.map((trouble) => during(trouble, seed)),
});
