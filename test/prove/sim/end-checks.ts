/** What must be true of a run that has ended, held against the truth of the world. */
import type { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { prepared } from '../../../src/store/statements.ts';
import type { Target } from '../../../src/workflow/run-types.ts';
import { view } from '../../../src/workflow/service/looking.ts';
import { mayRun } from './machines.ts';
import type { Witness } from './witness.ts';
import type { RunModel } from './witness-of-writes.ts';
import type { World } from './world.ts';

const NEEDS_A_PERSON = [
  'failed',
  'verification_failed',
  'partly_patched',
  'unknown',
  'patched_reboot_pending',
];

export function checkEnded(world: World, store: SqliteStore, witness: Witness, runId: string) {
  const model = witness.runs.get(runId);
  const seen = view({ store }, runId);
  if (!model || !seen) return witness.violation(`${runId} ended and is nowhere to be seen`);
  const wrong = (what: string) => witness.violation(`${runId} ended and ${what}`);
  const { run, targets } = seen;
  if (run.end === null || run.endReason === '') wrong('says neither how nor why');
  if (run.endedAt === null) wrong('does not say when');
  const counted = Object.values(seen.counts).reduce((sum, n) => sum + n, 0);
  if (counted !== targets.length) wrong(`counts ${counted} outcomes of ${targets.length} instances`);
  if (seen.questions.length > 0) wrong('still asks something');
  for (const effect of store.effectsOf(runId)) {
    if (['intended', 'begun', 'needs_attention'].includes(effect.state))
      wrong(`leaves ${effect.tag} ${effect.state}`);
  }
  const locks = prepared(store.db, 'SELECT landing_zone AS zone FROM zone_locks WHERE run_id = ?').all(
    runId,
  ) as { zone: string }[];
  if (locks.length > 0) wrong(`keeps ${locks.map((l) => l.zone).join(', ')} locked`);
  for (const target of targets) checkTarget(world, store, model, target, wrong);
}

function checkTarget(
  world: World,
  store: SqliteStore,
  model: RunModel,
  target: Target,
  wrong: (what: string) => void,
) {
  const { key, outcome } = target;
  const id = target.instance.instanceId;
  if (target.stage !== 'done' || outcome === null) return wrong(`${id} has no outcome (${target.stage})`);
  const machine = world.machines.get(id);
  if (!machine) return wrong(`${id} does not exist in this world`);
  const resolved = model.resolved.has(key);
  const silent = target.nextStep === '' && !resolved;
  if (NEEDS_A_PERSON.includes(outcome) && silent) wrong(`${id} is ${outcome} and nobody is told what to do`);
  if (target.outcomeReason === '') wrong(`${id} is ${outcome} without a reason`);
  const commands = [...world.commands.values()].filter(
    (c) => c.operation === 'Install' && c.runId === model.run.id && c.parts.has(id),
  );
  const parts = commands.flatMap((c) => c.parts.get(id) ?? []);
  const ran = parts.filter((p) => p.startedAt !== null);
  const open = commands
    .filter((c) => outcome !== 'patched' || !model.disowned.has(c.comment))
    .flatMap((c) => c.parts.get(id) ?? [])
    .filter(mayRun);
  switch (outcome) {
    case 'patched':
    case 'patched_reboot_pending':
      if (!ran.some((p) => p.status === 'success')) wrong(`${id} is ${outcome}, and nothing was installed`);
      if (machine.missing > 0) wrong(`${id} is ${outcome} and lacks ${machine.missing} patches`);
      break;
    case 'skipped':
    case 'stopped':
    case 'backed_up':
      if (ran.length > 0 || open.length > 0) wrong(`${id} is ${outcome}, though a patch command ran on it`);
      break;
    case 'up_to_date':
      if (machine.missing > 0 && model.plans.size > 0 && target.wave !== null)
        wrong(`${id} is up to date and lacks ${machine.missing} patches`);
      break;
    default:
  }
  if (
    outcome === 'backed_up' &&
    ![...world.images.values()].some((i) => i.machine === machine && i.state === 'available')
  )
    wrong(`${id} is backed up, and no image is available`);
  if (outcome !== 'unknown' && open.length > 0)
    wrong(`${id} is ${outcome}, and its patch command may still run`);
  const locked = store.instanceLocks([key]).length > 0;
  if (outcome === 'unknown' && !locked && !resolved) wrong(`${id} is unknown and not locked`);
  const up = machine.state === 'running' || machine.state === 'pending';
  if (up && machine.startedBy === model.run.id && !/by hand/.test(target.nextStep))
    wrong(
      `${id} was started, runs on, and nobody is told (power ${target.power}, ${outcome}: ${target.outcomeReason})`,
    );
}
