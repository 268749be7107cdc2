/** A bot over the wire against a simulated AWS, driven by careful people; the simulator's ledger is the witness. */
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { type SmallFleetOptions, smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { LedgerEntry } from '../../sandbox/aws/ledger.ts';
import { type AwsSimulator, startAwsSimulator } from '../../sandbox/aws/server.ts';
import { wallClock } from '../../sandbox/clock.ts';
import type { RunView } from '../../src/workflow/view.ts';
import { until } from '../support/until.ts';
import { actor, type Harness, type HarnessOptions, startHarness } from '../support/workflow-harness.ts';

/** So fast that what takes SSM minutes takes milliseconds. */
const SPEED = 1000;

/**
 * Starts simulator and bot, hands them out, and ends both whatever happens. `through` answers another address at
 * which the bot reaches the simulator.
 */
export async function withBot<T>(
  fleet: SmallFleetOptions | FleetDefinition,
  options: Omit<HarnessOptions, 'fleet' | 'sim'>,
  use: (bot: Harness) => Promise<T>,
  through: (url: string) => Promise<string> = async (url) => url,
): Promise<T> {
  const definition = 'zones' in fleet ? fleet : smallFleet(fleet);
  const sim = await startAwsSimulator({ fleet: definition, throttle: 'off', clock: wallClock(SPEED) });
  const url = await through(sim.url);
  const bot = await startHarness({ ...options, fleet: definition, sim: { ...sim, url } });
  try {
    return await use(bot);
  } finally {
    await bot.close();
  }
}

/** Scan, approve, answer what is asked after looking at AWS, and wait for the end. */
export async function wholeRun(bot: Harness, within = 20_000): Promise<{ view: RunView; questions: number }> {
  const runId = await bot.scan();
  const approved = await bot.approve(runId);
  if (!approved.ok) throw new Error(`the approval was refused: ${approved.text}`);
  return toTheEnd(bot, runId, within);
}

/** Answers questions as a person does who looks into Systems Manager first, until the run has ended. */
export async function toTheEnd(
  bot: Harness,
  runId: string,
  within = 20_000,
): Promise<{ view: RunView; questions: number }> {
  const asked = new Set<string>();
  const answered = new Set<string>();
  const view = await until(
    async () => {
      const seen = bot.view(runId);
      for (const question of seen.questions) {
        const { tag } = question;
        asked.add(tag);
        if (answered.has(tag)) continue;
        // What is there, even if the lists do not show it yet, is not sent again: the person waits.
        if (bot.sim.control.commands().some((c) => c.comment === tag)) continue;
        answered.add(tag);
        const answer = question.answers[0]?.id;
        if (answer) await bot.service.answer(actor('UAPP'), { tag, answer });
      }
      return seen.run.phase === 'ended' && seen;
    },
    { within, describe: 'the end of the run' },
  ).catch((error: unknown) => {
    const seen = bot.view(runId);
    const stages = seen.targets.map((t) => `${t.instance.name}:${t.stage}:${t.outcome}`).join(' ');
    throw new Error(
      `${String(error)}; ${seen.run.phase}; ${seen.because.map((b) => b.text).join(' ')}; ${stages}; ${bot.errors.map(String).join('; ')}`,
    );
  });
  return { view, questions: asked.size };
}

/** Calls that had an effect, by operation and, for SendCommand, by what it does. */
export function effects(sim: AwsSimulator, operation: string, does?: 'Install' | 'Scan'): LedgerEntry[] {
  return sim.control
    .ledger()
    .filter((e) => e.operation === operation && e.outcome === 'effect')
    .filter((e) => does === undefined || e.params['Operation'] === does);
}

/** Every effect at AWS other than assuming a role. */
export function mutations(sim: AwsSimulator): LedgerEntry[] {
  return sim.control.ledger().filter((e) => e.outcome === 'effect' && e.service !== 'sts');
}

/** How often an effect reached an instance, by its id. */
export function timesOn(
  sim: AwsSimulator,
  operation: string,
  does?: 'Install' | 'Scan',
): Record<string, number> {
  const times: Record<string, number> = {};
  for (const entry of effects(sim, operation, does)) {
    for (const id of (entry.params['instanceIds'] ?? '').split(',')) times[id] = (times[id] ?? 0) + 1;
  }
  return times;
}

/** What was done twice to an instance, seen from AWS's side and from the machines'. */
export function doneTwice(sim: AwsSimulator): string[] {
  const wrong: string[] = [];
  for (const [what, times] of [
    ['backed up', timesOn(sim, 'CreateImage')],
    ['sent an install', timesOn(sim, 'SendCommand', 'Install')],
  ] as const) {
    for (const [id, n] of Object.entries(times)) if (n > 1) wrong.push(`${id} was ${what} ${n} times`);
  }
  for (const { name, counters } of sim.control.instances()) {
    if (counters.installs > 1) wrong.push(`${name} was patched ${counters.installs} times`);
    if (counters.patchRaces > 0) wrong.push(`${name} saw ${counters.patchRaces} patch commands at once`);
    if (counters.interruptedInstalls > 0)
      wrong.push(`${counters.interruptedInstalls} installs were cut off on ${name}`);
    if (counters.starts > 1) wrong.push(`${name} was started ${counters.starts} times`);
    if (counters.stops > 1) wrong.push(`${name} was stopped ${counters.stops} times`);
  }
  return wrong;
}

export function outcomes(view: RunView): Record<string, string | null> {
  return Object.fromEntries(view.targets.map((t) => [t.instance.name, t.outcome]));
}

/** Every target that ended otherwise, in words. */
export function endedOtherwise(view: RunView, allowed: readonly string[]): string[] {
  return view.targets
    .filter((t) => !allowed.includes(String(t.outcome)))
    .map(
      (t) => `${t.instance.name} ended as ${t.outcome} (${t.outcomeReason}), not as ${allowed.join(' or ')}`,
    );
}
