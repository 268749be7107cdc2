import { afterEach, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { type Harness, startHarness } from '../support/workflow-harness.ts';

let harness: Harness | null = null;
afterEach(async () => {
  await harness?.close();
  harness = null;
});

describe('the main job over the wire', () => {
  it('backs up, patches and verifies every instance exactly once', async () => {
    harness = await startHarness({ fleet: smallFleet({ linux: 3, windows: 2 }) });
    const runId = await harness.scan();

    expect(await harness.approve(runId)).toMatchObject({ ok: true });
    const view = await harness.ended(runId);

    expect(view.run).toMatchObject({ end: 'completed' });
    expect(view.targets.map((t) => [t.instance.name, t.outcome])).toEqual([
      ['linux-1', 'patched'],
      ['linux-2', 'patched'],
      ['linux-3', 'patched'],
      ['windows-1', 'patched'],
      ['windows-2', 'patched'],
    ]);
    for (const target of view.targets) {
      expect(harness.sim.control.instance(target.instance.instanceId)).toMatchObject({
        counters: { installs: 1 },
      });
      expect(target.backupVerified).toBe(true);
      expect(target.after?.missing).toBe(0);
    }
    expect(harness.errors).toEqual([]);
  });
});
