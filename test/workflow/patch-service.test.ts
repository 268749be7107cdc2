/** The service hands each operation to the rows: those that only read or write down, without a rule of their own. */
import { expect, it } from 'vitest';
import { createPatchService } from '../../src/workflow/patch-service.ts';
import type { ServiceParts } from '../../src/workflow/service/facts.ts';
import { buildRun } from './build.ts';

function rig() {
  const audited: unknown[] = [];
  const run = buildRun({ planVersion: null });
  const store = {
    run: (id: string) => (id === run.id ? run : null),
    runs: (limit: number) => Array.from({ length: limit }, () => run),
    freezes: () => [{ scope: 'all', by: 'UAPP', at: 1, reason: '' }],
    approvals: () => [],
    allTargets: () => [],
    effectsNeedingAttention: () => [],
    audit: async (...entry: unknown[]) => {
      audited.push(entry);
    },
  };
  return { service: createPatchService({ store } as unknown as ServiceParts), audited, run };
}

it('a run, the newest runs and the freezes are those of the rows', () => {
  const { service, run } = rig();
  expect(service.view(run.id)?.run).toEqual(run);
  expect(service.view('another')).toBeNull();
  expect(service.runs(3)).toHaveLength(3);
  expect(service.freezes()).toHaveLength(1);
});

it('who is turned away at the door is in the audit, with the reason', async () => {
  const { service, audited } = rig();
  const actor = { userId: 'UEVIL', teamId: 'TOTHER', channelId: 'C1', once: 'x' };
  await service.turnAway(actor, { code: 'other_workspace', text: 'Not of here.' });
  expect(audited).toEqual([
    [
      null,
      {
        actor: 'UEVIL',
        action: 'denied.other_workspace',
        text: 'Not of here.',
        detail: { code: 'other_workspace', team: 'TOTHER', channel: 'C1' },
      },
    ],
  ]);
});
