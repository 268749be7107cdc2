/** What the wire tests of the workflow share: a bot per test, and the simulator's ledger as the witness. */
import { afterEach, expect } from 'vitest';
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { type SmallFleetOptions, smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { LedgerEntry } from '../../sandbox/aws/ledger.ts';
import { type AwsSimulator, startAwsSimulator } from '../../sandbox/aws/server.ts';
import { wallClock } from '../../sandbox/clock.ts';
import type { Target } from '../../src/workflow/run-types.ts';
import type { RunView } from '../../src/workflow/view.ts';
import { type Harness, type HarnessOptions, startHarness } from '../support/workflow-harness.ts';

/** So fast that what takes SSM minutes (15 s to Undeliverable, 7.5 min to Connection Lost) takes milliseconds. */
const SPEED = 1000;

const open = new Set<Harness>();
afterEach(async () => {
  for (const harness of open) await harness.close();
  open.clear();
});

/** A bot against a fast simulator; both end with the test. */
export async function startBot(
  fleet: SmallFleetOptions | FleetDefinition = {},
  options: Omit<HarnessOptions, 'fleet'> = {},
): Promise<Harness> {
  const definition = 'zones' in fleet ? fleet : smallFleet(fleet);
  const sim = options.sim ?? (await startSim(definition));
  return track(await startHarness({ ...options, fleet: definition, sim }));
}

export function startSim(fleet: FleetDefinition): Promise<AwsSimulator> {
  return startAwsSimulator({ fleet, throttle: 'off', clock: wallClock(SPEED) });
}

/** Stops the process-to-be and starts another on the same files, against the same AWS. */
export async function restart(
  bot: Harness,
  fleet: FleetDefinition,
  options: HarnessOptions = {},
): Promise<Harness> {
  await bot.stopBot();
  open.delete(bot);
  const next = track(await startHarness({ ...options, fleet, sim: bot.sim, folder: bot.folder }));
  next.host.kickAll();
  return next;
}

function track(harness: Harness): Harness {
  open.add(harness);
  return harness;
}

/** Scan, approve, and wait for the end. */
export async function wholeRun(bot: Harness): Promise<RunView> {
  const runId = await bot.scan();
  expect(await bot.approve(runId)).toMatchObject({ ok: true });
  return bot.ended(runId);
}

export function target(view: RunView, name: string): Target {
  const found = view.targets.find((t) => t.instance.name === name);
  if (!found) throw new Error(`no target ${name}`);
  return found;
}

export function outcomes(view: RunView): Record<string, string | null> {
  return Object.fromEntries(view.targets.map((t) => [t.instance.name, t.outcome]));
}

/** Calls that had an effect, by operation and, for SendCommand, by what it does. */
export function effects(sim: AwsSimulator, operation: string, does?: 'Install' | 'Scan'): LedgerEntry[] {
  return sim.control
    .ledger()
    .filter((e) => e.operation === operation && e.outcome === 'effect')
    .filter((e) => does === undefined || e.params['Operation'] === does);
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

/** Nothing was done twice to any instance, seen from AWS's side and from the machines'. */
export function expectNothingTwice(sim: AwsSimulator): void {
  for (const times of [timesOn(sim, 'CreateImage'), timesOn(sim, 'SendCommand', 'Install')]) {
    for (const [id, n] of Object.entries(times)) expect(n, id).toBeLessThanOrEqual(1);
  }
  for (const { name, counters } of sim.control.instances()) {
    expect(counters.installs, `installs on ${name}`).toBeLessThanOrEqual(1);
    expect(counters.patchRaces, `races on ${name}`).toBe(0);
    expect(counters.interruptedInstalls, `interrupted installs on ${name}`).toBe(0);
  }
}

/** Every mutating call that had an effect, other than assuming roles. */
export function mutations(sim: AwsSimulator): string[] {
  return sim.control
    .ledger()
    .filter((e) => e.outcome === 'effect' && e.service !== 'sts')
    .map((e) => `${e.operation}${e.params['Operation'] ? ` ${e.params['Operation']}` : ''}`);
}
