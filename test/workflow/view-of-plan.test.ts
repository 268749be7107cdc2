/** The run as it was planned in a version of its plan, whatever was planned since. */
import { describe, expect, it } from 'vitest';
import { hashPlan } from '../../src/workflow/plan-hash.ts';
import type { Plan } from '../../src/workflow/plan-types.ts';
import { viewOfPlan } from '../../src/workflow/service/looking.ts';
import { buildPlan, buildPlanTarget, buildRun, buildTarget } from './build.ts';

const targets = [
  // Left out by the second plan, and started since.
  buildTarget(1, { eligible: false, wave: null, wasStopped: true }),
  buildTarget(2, { eligible: true, wave: 1, wasStopped: false }),
  // In no plan of the first version.
  buildTarget(3, { eligible: true, wave: 2 }),
];
const first = buildPlan(2, {
  changedBy: 'UREQ1',
  targets: [buildPlanTarget(1, { wave: 3 }), buildPlanTarget(2, { wave: 2, wasStopped: true })],
});
const run = buildRun({ planVersion: 2, planHash: 'the second', planChangedBy: 'UAPP2' });
const approval = { userId: 'UAPP', at: 5, planHash: hashPlan(first) };
const later = { userId: 'UAPP2', at: 6, planHash: 'the second' };

function seen(version: number, known = run) {
  return viewOfPlan(
    {
      store: {
        run: (id: string) => (id === known.id ? known : null),
        plan: (id: string, v: number): Plan | null => (id === run.id && v === 1 ? first : null),
        approvals: () => [approval, later],
        allTargets: () => targets,
      } as unknown as Parameters<typeof viewOfPlan>[0]['store'],
    },
    run.id,
    version,
  );
}

describe('a run as it was planned', () => {
  it('has that plan, its hash, and who made it', () => {
    const view = seen(1);
    expect(view?.plan).toEqual(first);
    expect(view?.run).toEqual({ ...run, planVersion: 1, planHash: hashPlan(first), planChangedBy: 'UREQ1' });
  });

  it('has the instances of that plan in its waves, and the others in none', () => {
    const byKey = new Map(seen(1)?.targets.map((t) => [t.key, t]));
    expect(targets.map((t) => byKey.get(t.key))).toEqual([
      { ...targets[0], eligible: true, wave: 3, wasStopped: false },
      { ...targets[1], eligible: true, wave: 2, wasStopped: true },
      { ...targets[2], wave: null },
    ]);
    expect(seen(1)?.approvals).toEqual([approval]);
  });

  it('asks nothing and is not frozen: that is of now', () => {
    expect(seen(1)).toMatchObject({ questions: [], frozen: null });
  });

  it('is nothing when there is no such plan or run', () => {
    expect(seen(2)).toBeNull();
    expect(seen(1, buildRun({ id: 'another' }))).toBeNull();
  });
});
