import { SendCommandCommand } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import {
  defaultFleet,
  HOSTILE_NAME,
  type InstanceDefinition,
  type Outcome,
} from '../../sandbox/aws/fleet.ts';
import { steppedClock } from '../../sandbox/clock.ts';
import { clients, roleKeys, simulator } from './support.ts';

const SEEDS = Array.from({ length: 25 }, (_, i) => i + 1);

function outcomes(seed: number): Record<string, Outcome> {
  const all = defaultFleet(seed).zones.flatMap((zone) => zone.instances.map((i) => ({ zone: zone.name, i })));
  return Object.fromEntries(all.map(({ zone, i }) => [`${zone}/${i.name}`, i.expected]));
}

test('the fleet has four landing zones, about 60 instances, and all the trouble it promises', () => {
  const fleet = defaultFleet(1);
  expect(fleet.zones.map((z) => [z.name, z.environment, z.accountId])).toEqual([
    ['payments-prod', 'prod', '111100000001'],
    ['retail-prod', 'prod', '111100000002'],
    ['payments-dev', 'nonprod', '222200000001'],
    ['shared-test', 'nonprod', '222200000002'],
  ]);
  const instances = fleet.zones.flatMap((z) => z.instances);
  expect(instances.length).toBeGreaterThanOrEqual(55);
  expect(instances.length).toBeLessThanOrEqual(65);
  const has = (test: (i: InstanceDefinition) => boolean) =>
    ['prod', 'nonprod'].map((e) =>
      fleet.zones.filter((z) => z.environment === e).some((z) => z.instances.some(test)),
    );
  expect(has((i) => i.platform === 'windows')).toEqual([true, true]);
  expect(has((i) => i.managed && i.ping === 'ConnectionLost' && i.state === 'running')).toEqual([true, true]);
  expect(has((i) => !i.managed)).toEqual([true, true]);
  expect(has((i) => i.managed && i.lastScanAgoMs === null)).toEqual([true, true]);
  expect(has((i) => i.pendingReboot.length > 0)).toEqual([true, true]);
  expect(has((i) => i.behaviour.install === 'fails')).toEqual([true, true]);
  expect(has((i) => i.behaviour.install === 'partly')).toEqual([true, true]);
  expect(has((i) => i.behaviour.install === 'agent_lost_after_reboot')).toEqual([true, true]);
  expect(has((i) => i.state === 'stopped')).toEqual([true, true]);
  expect(has((i) => 'aws:autoscaling:groupName' in i.tags)).toEqual([true, true]);
  expect(has((i) => 'aws:elasticmapreduce:job-flow-id' in i.tags)).toEqual([true, true]);
  expect(has((i) => 'eks:nodegroup-name' in i.tags)).toEqual([true, true]);
  expect(has((i) => i.name.includes(HOSTILE_NAME))).toEqual([true, true]);
  expect(has((i) => i.behaviour.image === 'failed')).toEqual([true, true]);
  expect(has((i) => i.expected === 'up_to_date')).toEqual([true, true]);
  expect(has((i) => i.foreignCommand)).toEqual([true, true]);
});

test('every seed expects the same outcomes, with at least two missing patches where something is to patch', () => {
  for (const seed of SEEDS) {
    expect(outcomes(seed)).toEqual(outcomes(1));
    for (const i of defaultFleet(seed).zones.flatMap((z) => z.instances)) {
      expect(i.missing.length === 0 || i.missing.length >= 2, i.name).toBe(true);
      const ids = [...i.missing, ...i.installed, ...i.pendingReboot].map((p) => p.kbId);
      expect(new Set(ids).size, i.name).toBe(ids.length);
      expect(i.why).not.toBe('');
    }
  }
});

test('a seed changes zones and patches, and the same seed gives the same fleet', () => {
  expect(defaultFleet(2)).toEqual(defaultFleet(2));
  expect(defaultFleet(2)).not.toEqual(defaultFleet(3));
});

/** What a careful operator would conclude from what SSM and EC2 say, after an installation and a scan. */
function conclude(status: string, before: number, after: { missing: number; checks: string }): Outcome {
  if (status === 'InProgress') return 'unknown';
  if (after.checks !== 'ok') return 'verification_failed';
  if (after.missing === 0) return before === 0 ? 'up_to_date' : 'patched';
  return after.missing < before ? 'partly_patched' : 'failed';
}

test('patching the eligible part of the fleet by hand ends as the fleet expects', async () => {
  const sim = await simulator({ clock: steppedClock(Date.now()), fleet: defaultFleet(7), seed: 7 });
  const eligible = sim.control.instances().filter((i) => i.expected !== 'skipped');
  const before = new Map(
    eligible.map((i) => [i.id, i.patches.missing.length + i.patches.pending_reboot.length]),
  );
  for (const account of sim.control.accounts) {
    const keys = await roleKeys(sim, 'PatchdayPatch', account.name);
    for (const region of account.regions) {
      const InstanceIds = eligible
        .filter((i) => i.accountId === account.accountId && i.region === region)
        .map((i) => i.id);
      if (InstanceIds.length === 0) continue;
      await clients(sim, keys, region).ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunPatchBaseline',
          InstanceIds,
          Parameters: { Operation: ['Install'] },
          MaxErrors: '50',
        }),
      );
    }
  }
  sim.control.step(60 * 60_000);
  const statuses = new Map(
    sim.control
      .commands()
      .filter((c) => !c.foreign)
      .flatMap((c) => c.invocations)
      .map((i) => [i.instanceId, i.status]),
  );
  for (const { id, name, expected } of eligible) {
    const { patches, checks } = sim.control.instance(id);
    const missing = patches.missing.length + patches.failed.length + patches.pending_reboot.length;
    expect([name, conclude(statuses.get(id) ?? '', before.get(id) ?? 0, { missing, checks })]).toEqual([
      name,
      expected,
    ]);
  }
});
