/** A run of a restored database that was told to stop, where AWS cannot be asked what was done. Pure. */
import type { Changes, RunState } from './changes.ts';
import { BEFORE_THE_END, unknownTarget } from './reconcile.ts';
import type { Target } from './run-types.ts';
import { count } from './words.ts';

/**
 * Whatever may have got a patch command since the copy is left unknown and locked, and with that the run may end.
 * What the copy knows as begun is followed like in any other run. A run that had no plan in the copy may have got one
 * since, with any of the instances that it had found by then, and with others.
 */
export function endBlind(state: RunState, targets: readonly Target[], why: string): Changes {
  const { run, plan, effects } = state;
  const followed = new Set(
    effects.filter((e) => e.kind === 'install' && e.state === 'begun').flatMap((e) => e.targets),
  );
  const mayHave =
    plan === null
      ? (t: Target) => t.eligible || t.wave !== null
      : (t: Target) => t.wave !== null && BEFORE_THE_END.includes(t.stage);
  const doubtful = targets.filter((t) => mayHave(t) && !followed.has(t.key));
  const asked = effects.filter(
    (e) => e.kind === 'install' && (e.state === 'intended' || e.state === 'needs_attention'),
  );
  const found =
    doubtful.length === 0
      ? plan === null
        ? 'It had found no instances yet'
        : 'No instance is in doubt'
      : `${count(doubtful.length, 'instance')} may have got a patch command and ${doubtful.length === 1 ? 'is' : 'are'} unknown and locked`;
  const others =
    plan === null ? '; it may have patched others since: look for its commands in Systems Manager' : '';
  const finding = `The database was restored from a copy, and AWS could not be asked what was done since: ${why} The run was told to stop and ends. ${found}${others}.`;
  return {
    parked: { finding, mayRelease: false },
    effects: asked.map((e) => ({
      id: e.id,
      from: e.state,
      state: 'closed',
      note: 'closed without an answer: AWS could not be asked after the restore',
    })),
    targets: doubtful.map((target) =>
      unknownTarget(run, target, 'AWS could not be asked whether a patch command was sent since'),
    ),
    instanceLocks: doubtful.map(({ key }) => ({
      key,
      runId: run.id,
      reason: `run ${run.id} may have sent it a patch command since the copy that the database was restored from`,
      until: null,
    })),
    audit: [
      {
        actor: 'patchday',
        action: 'run.reconciled',
        text: finding,
        detail: { closed: asked.map((e) => e.tag), lost: doubtful.map((t) => t.key) },
      },
    ],
    news: [{ kind: 'failure', text: finding, excerpt: '' }],
  };
}
