/** One run with everything drawn from a seed: fleet, policy, faults, and what people do meanwhile. */
import type { FaultKind } from '../../sandbox/aws/faults.ts';
import type { Behaviour, FleetDefinition, InstanceDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { EnvironmentPolicy } from '../../src/workflow/settings.ts';
import type { Question } from '../../src/workflow/view.ts';
import { actor, type Harness } from '../support/workflow-harness.ts';
import { restart, startBot } from './wire-support.ts';

/** mulberry32: small, and the same everywhere for one seed. */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** From 0 to below 1. */
  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
  chance(p: number): boolean {
    return this.roll() < p;
  }
  from<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.roll() * items.length)] ?? items[0];
  }
  between(low: number, high: number): number {
    return low + Math.floor(this.roll() * (high - low + 1));
  }
}

const TROUBLE: readonly [Partial<Behaviour>, ...Partial<Behaviour>[]] = [
  { install: 'fails' },
  { install: 'partly' },
  { install: 'still_missing' },
  { install: 'agent_lost' },
  { install: 'agent_lost_after_reboot' },
  { image: 'failed' },
  { image: 'snapshot_error' },
  { image: 'snapshot_lags' },
  { scan: ['fails', 'succeeds'] },
  { start: 'falls_back' },
  { start: 'no_capacity' },
  { delivery: 'undeliverable' },
  { delivery: 'access_denied' },
  { checksAfterReboot: 'impaired' },
];
const FAULTY = [
  'CreateImage',
  'SendCommand',
  'SendCommand',
  'StartInstances',
  'StopInstances',
  'DescribeImages',
  'ListCommandInvocations',
  'ListCommands',
  'DescribeInstances',
  'CancelCommand',
] as const;

export interface Chaos {
  bot: Harness;
  runId: string;
  policy: Partial<EnvironmentPolicy>;
  /** Instances that a person said to leave on. */
  leftOn: Set<string>;
  /** What happened, for the message of a failure. */
  story: string[];
}

function drawFleet(dice: Dice): FleetDefinition {
  const linux = dice.between(2, 4);
  const windows = dice.between(0, 2);
  const names = [
    ...Array.from({ length: linux }, (_, i) => `linux-${i + 1}`),
    ...Array.from({ length: windows }, (_, i) => `windows-${i + 1}`),
  ];
  const instances: Record<string, Partial<InstanceDefinition>> = {};
  for (const name of names) {
    instances[name] = {
      ...(dice.chance(0.4) ? { behaviour: dice.from(TROUBLE) } : {}),
      ...(dice.chance(0.3) ? { state: 'stopped' as const } : {}),
    };
  }
  const life = () => dice.between(1, 40_000);
  return smallFleet({
    linux,
    windows,
    instances,
    durations: { image: life(), install: life(), scan: life(), reboot: life(), start: life(), stop: life() },
  });
}

function drawPolicy(dice: Dice): Partial<EnvironmentPolicy> {
  return {
    waveSize: dice.between(1, 4),
    batchSize: dice.between(1, 3),
    failureBudget: dice.between(0, 4),
    stoppedInstances: dice.from(['start', 'skip']),
    reboot: dice.from(['if-needed', 'if-needed', 'never']),
    backup: {
      required: dice.chance(0.8),
      noReboot: true,
      retentionDays: 1,
      withoutVerifiedBackup: dice.from(['skip', 'skip', 'patch-without-backup']),
    },
  };
}

/** Plays the run of a seed to its end. Whoever answers a question has looked first, as a good operator does. */
export async function play(seed: number): Promise<Chaos> {
  const dice = new Dice(seed);
  const fleet = drawFleet(dice);
  const policy = drawPolicy(dice);
  const options = {
    policy,
    timing: {
      effectGrace: 100,
      verifyTimeout: 700,
      startTimeout: 700,
      backupTimeout: 900,
      lostAgentAfter: 250,
    },
  };
  let bot = await startBot(fleet, options);
  const story: string[] = [];
  const leftOn = new Set<string>();
  for (let i = dice.between(0, 4); i > 0; i--) {
    const kind = dice.from<FaultKind>(['throttle', 'reset', 'http500', 'http503']);
    const when = kind === 'throttle' ? 'before' : dice.from(['before', 'after'] as const);
    const operation = dice.from(FAULTY);
    bot.sim.control.fault({ operation, kind, when, times: dice.between(1, 3) });
    story.push(`${kind} ${when} ${operation}`);
  }
  const runId = await bot.scan();
  await bot.reaches(runId, (v) => v.run.phase === 'await_approval' || v.run.phase === 'ended', 'a plan');
  if (bot.view(runId).run.phase !== 'ended') await bot.approve(runId);
  const until = Date.now() + 12_000;
  let frozen = false;
  let looks = 0;
  while (bot.view(runId).run.phase !== 'ended') {
    if (Date.now() > until)
      throw new Error(
        `seed ${seed} did not end: ${story.join(', ')}; ${JSON.stringify(bot.view(runId).because)} ${bot.errors.join()}`,
      );
    // Short, so that there is something to disturb on a fast machine too.
    await new Promise((resolve) => setTimeout(resolve, 4));
    looks++;
    if (frozen ? dice.chance(0.2) : looks < 60 && dice.chance(0.03)) {
      frozen = !frozen;
      story.push(frozen ? 'freeze' : 'unfreeze');
      if (frozen) await bot.service.freeze(actor('UREQ'), { scope: 'all', reason: '' });
      else await bot.service.unfreeze(actor('UREQ'), { scope: 'all' });
    } else if (looks < 60 && dice.chance(0.004)) {
      story.push('stop');
      await bot.service.stop(actor('UREQ'), { runId, reason: '' });
    } else if (looks < 60 && dice.chance(0.03)) {
      story.push('restart');
      bot = await restart(bot, fleet, options);
    }
    for (const question of bot.view(runId).questions) await answer(bot, dice, question, leftOn, story);
  }
  return { bot, runId, policy, leftOn, story };
}

async function answer(
  bot: Harness,
  dice: Dice,
  question: Question,
  leftOn: Set<string>,
  story: string[],
): Promise<void> {
  const effect = bot.store.effectTagged(question.tag);
  if (!effect) throw new Error('a question without its effect');
  const id =
    question.answers[0]?.id === 'stop_now'
      ? dice.from(['stop_now', 'leave_on'] as const)
      : dice.from(['send_again', 'give_up'] as const);
  // It is there after all: it will be adopted.
  if (id === 'send_again' && bot.sim.control.commands().some((c) => c.comment === effect.tag)) return;
  const done = await bot.service.answer(actor('UAPP'), {
    tag: question.tag,
    answer: id,
  });
  if (!done.ok) return;
  story.push(id);
  if (id === 'leave_on') for (const key of effect.targets) leftOn.add(key);
}
