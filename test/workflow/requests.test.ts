/** Asking for a run, and asking for its failures again: what is refused, with the reason. */
import { describe, expect, it } from 'vitest';
import type { Freeze, Run, Target } from '../../src/workflow/run-types.ts';
import type { ServiceParts } from '../../src/workflow/service/facts.ts';
import { retry, scan } from '../../src/workflow/service/requests.ts';
import type { Actor } from '../../src/workflow/service.ts';
import { buildRun, buildTarget, NOW, SETTINGS } from './build.ts';

const ACTOR: Actor = { userId: 'UREQ', teamId: 'TOURS', channelId: 'C1', once: 'click' };

function rig(given: {
  freezes?: Freeze[];
  targets?: readonly Target[];
  run?: Partial<Run>;
  seenBefore?: true;
}) {
  const created: Run[] = [];
  const parts = {
    settings: SETTINGS,
    clock: { now: () => NOW },
    ids: { run: () => 'newrun' },
    directory: { membership: async () => ({ person: { ok: true }, member: true }) },
    store: {
      run: () => buildRun({ phase: 'ended', end: 'completed', ...given.run }),
      allTargets: () => given.targets ?? [],
      freezes: () => given.freezes ?? [],
      audit: async () => {},
      async createRun({ run }: { run: Run }) {
        created.push(run);
        return given.seenBefore ? { ok: false, seenBefore: true } : { ok: true, value: undefined };
      },
    },
    kick: () => {},
  } as unknown as ServiceParts;
  return { parts, created };
}
const scope = { name: 'test', pattern: null, tags: [], platform: null, regions: [], only: null };
const options = { fresh: false, dryRun: false, backupOnly: false, now: true, at: null, until: null };
const freeze = (name: string): Freeze => ({ scope: name, by: 'UAPP', at: NOW, reason: 'incident' });

describe('a fresh scan', () => {
  it('is not begun while everything is frozen; a freeze of something else is no matter', async () => {
    const asked = (freezes: Freeze[]) =>
      scan(rig({ freezes }).parts, ACTOR, { scope, options: { ...options, fresh: true } });
    expect(await asked([freeze('other')])).toMatchObject({ ok: true });
    expect(await asked([freeze('other'), freeze('all')])).toMatchObject({
      ok: false,
      code: 'frozen',
      text: 'Everything is frozen (incident), so no scan command is sent. Nothing was started. Scan without --fresh, or lift it with /patch unfreeze all.',
    });
  });
});

describe('a click that arrives twice', () => {
  it('starts one run', async () => {
    const { parts } = rig({ seenBefore: true });
    expect(await scan(parts, ACTOR, { scope, options })).toEqual({
      ok: false,
      code: 'seen_before',
      text: 'This was already asked for. Nothing more was done.',
    });
  });
});

describe('a retry', () => {
  const done = (n: number, changes: Partial<Target>) => buildTarget(n, { stage: 'done', ...changes });
  const retried = async (targets: readonly Target[]) => {
    const { parts, created } = rig({ targets });
    return { answer: await retry(parts, ACTOR, { runId: 'k7m2qp' }), only: created[0]?.scope.only };
  };

  it('takes up what was in the plan and failed, and nothing that may still be going on', async () => {
    const failed = done(1, { outcome: 'failed' });
    const { only } = await retried([
      failed,
      done(2, { outcome: 'skipped', wave: null }),
      done(3, { outcome: 'failed', commandMayRun: true }),
      done(4, { outcome: 'patched' }),
      done(5, { outcome: 'unknown' }),
      done(6, { outcome: null }),
    ]);
    expect(only).toEqual([failed.key]);
  });

  it.each<[number, string]>([
    [0, 'Run k7m2qp has no failed instances to retry. Nothing was changed.'],
    [
      1,
      'Run k7m2qp has no failed instances to retry. 1 instance is unknown: /patch resolve it first, then scan. Nothing was changed.',
    ],
    [
      2,
      'Run k7m2qp has no failed instances to retry. 2 instances are unknown: /patch resolve them first, then scan. Nothing was changed.',
    ],
  ])('of nothing says so, and what to do about %i unknown ones', async (n, text) => {
    const unknown = Array.from({ length: n }, (_, i) => done(i + 1, { outcome: 'unknown', wave: 1 }));
    const { answer } = await retried([done(9, { outcome: 'patched' }), ...unknown]);
    expect(answer).toMatchObject({ ok: false, code: 'nothing_to_retry', text });
  });
});
