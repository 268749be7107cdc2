/** An installation in the middle of its work, written by the store's own code: several rows in each of its tables. */
import { SqliteAlarms } from '../../../src/store/sqlite-alarms.ts';
import { SqliteOutbox } from '../../../src/store/sqlite-outbox.ts';
import type { SqliteStore } from '../../../src/store/sqlite-store.ts';
import { SqliteWatch } from '../../../src/store/sqlite-watch.ts';
import type { Changes, Committed } from '../../../src/workflow/changes.ts';
import { hashPlan } from '../../../src/workflow/plan-hash.ts';
import type { Effect, EffectKindName, EffectRequest, Outcome, Run } from '../../../src/workflow/run-types.ts';
import { intentFor } from '../../store/support.ts';
import { buildPlan, buildPlanTarget, buildRun, buildTarget, keyOf, NOW } from '../../workflow/build.ts';

/** What the release can keep. */
export interface Holds {
  parked: boolean;
  watch: boolean;
  standIns: boolean;
  doubledCards: boolean;
}

/** The store's answer, which may not be a refusal. */
async function taken<T>(answer: Promise<Committed<T>>): Promise<T> {
  const given = await answer;
  if (!given.ok) throw new Error(`refused: ${given.refused} ${given.text}`);
  return given.value;
}

const commit = (store: SqliteStore, id: string, changes: Changes): Promise<void> =>
  taken(store.commit(id, changes));

const PERSON = { asks: 'UREQ', approves: 'UAPP', alsoApproves: 'UAPP2', standsIn: 'USTAND', stops: 'USTOP' };

/** Fills an empty store, as far as the release can keep it. */
export async function work(store: SqliteStore, holds: Holds): Promise<void> {
  const outbox = new SqliteOutbox(store);
  await begin(store, 'parka', ['bank-prod']);
  await begin(store, 'parkb', ['bank-dev', 'bank-test']);
  if (holds.parked) {
    store.parkIfBehind([{ name: 'a file', anchor: { seq: 999_999, hash: 'f'.repeat(64) } }]);
    await commit(store, 'parka', { parked: { finding: 'One image that was not known.', mayRelease: true } });
    await taken(store.setFreeze({ lift: 'all', by: PERSON.stops, reason: 'looked' }, 'lift'));
  }
  await waits(store, 'waits', holds);
  await patches(store, 'waves');
  await ends(store, 'ended');
  await begin(store, 'stops', ['shop-stopped']);
  await commit(store, 'stops', {
    run: { stopRequestedBy: PERSON.stops, stopRequestedAt: NOW },
    audit: [{ actor: PERSON.stops, action: 'run.stop_requested', text: 'Stopped "it" – now.' }],
    news: [{ kind: 'progress', text: 'Stop was asked for.' }],
  });
  cards(outbox, holds);
  for (const scope of ['all', 'shop-prod'])
    await taken(
      store.setFreeze({ scope, by: PERSON.stops, at: NOW, reason: `quarter's end ${scope}` }, scope),
    );
  await store.audit(null, { actor: 'USTRANGER', action: 'denied', text: 'Not in the group.' });
  if (holds.watch) await watches(store);
}

async function begin(store: SqliteStore, id: string, lockZones: string[], changes: Partial<Run> = {}) {
  const run = buildRun({
    id,
    phase: 'discover',
    planVersion: null,
    planHash: null,
    currentWave: 0,
    revision: 1,
    ...changes,
  });
  const audit = [{ actor: run.requestedBy, action: 'run.requested', text: 'Asked.', detail: { id } }];
  const answer = await store.createRun({ run, lockZones, once: `click-${id}`, audit });
  if (!answer.ok) throw new Error(JSON.stringify(answer));
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function plans(
  store: SqliteStore,
  runId: string,
  version: number,
  of: readonly number[],
  approvers: readonly string[],
) {
  const targets = of.map((n) => buildPlanTarget(n));
  const approval = { ...buildPlan(1).approval, required: 2 };
  const plan = buildPlan(of.length, { runId, version, targets, approval });
  const hash = hashPlan(plan);
  await commit(store, runId, { plan: { plan, hash }, run: { planVersion: version, planHash: hash } });
  for (const userId of approvers)
    await commit(store, runId, {
      addApproval: { userId, at: NOW + version, planHash: hash },
      audit: [{ actor: userId, action: 'plan.approved', text: `Approved version ${version}.` }],
    });
  return hash;
}

/** Approved twice, then changed, so that those approvals count no more; the new plan has one of the two it needs. */
async function waits(store: SqliteStore, id: string, { standIns }: Holds): Promise<void> {
  await begin(store, id, ['shop-dev'], { failedZones: [{ landingZone: 'shop-far', reason: 'denied' }] });
  await commit(store, id, {
    addTargets: [
      buildTarget(21),
      buildTarget(22, { eligible: false, reasons: [{ code: 'x', text: 'offline' }], wave: null }),
    ],
  });
  await plans(store, id, 1, [21], [PERSON.approves, PERSON.alsoApproves]);
  const hash = await plans(store, id, 2, [21], [PERSON.approves]);
  const standingIn = { for: PERSON.alsoApproves, until: NOW + 3_600_000 };
  if (standIns)
    await commit(store, id, {
      addApproval: { userId: PERSON.standsIn, at: NOW, planHash: hash, standingIn },
    });
  await commit(store, id, {
    run: { phase: 'await_approval', wakeAt: NOW + 9 },
    news: [{ kind: 'plan', text: 'Plan 2 <b>', planVersion: 2 }],
  });
}

const COMMAND = '5f1c0d5a-0000-4000-8000-00000000000';

function requestOf(kind: EffectKindName, n: number): EffectRequest {
  const instanceIds = [keyOf(n).split('/')[2] ?? ''];
  switch (kind) {
    case 'create_image':
      return { kind, instanceId: instanceIds[0] ?? '', name: 'image', noReboot: true, tags: { Name: 'é=+' } };
    case 'start':
    case 'stop':
      return { kind, instanceIds };
    case 'cancel':
      return { kind, instanceIds, commandId: `${COMMAND}${n}` };
    default:
      return {
        kind,
        instanceIds,
        document: { name: 'AWS-RunPatchBaseline', version: '3', hash: 'abc' },
        parameters: { Operation: ['Install'] },
        comment: 'patchday',
        deliveryTimeoutSeconds: 60,
      };
  }
}

/** A run in its waves: its targets in every stage, its effects of every kind and in every state. */
async function patches(store: SqliteStore, id: string): Promise<void> {
  await begin(store, id, ['shop-prod', 'shop-extra']);
  const stages = ['queued', 'backing_up', 'powering_on', 'patching', 'verifying', 'powering_off'] as const;
  await commit(store, id, {
    addTargets: [
      ...[1, 2, 3, 4, 5, 6].map((n) => buildTarget(n, { stage: 'ready' })),
      ...stages.map((stage, i) => buildTarget(7 + i, { stage, wave: 1 + (i % 2) })),
    ],
  });
  const planHash = await plans(store, id, 1, numbers(1, 12), [PERSON.approves, PERSON.alsoApproves]);
  await commit(store, id, { run: { phase: 'waves', currentWave: 1, startedAt: NOW } });
  const intended = (n: number, kind: EffectKindName): Promise<Effect> =>
    taken(
      store.intend(id, {
        ...intentFor(planHash, [n], {
          kind,
          request: requestOf(kind, n),
          batch: `w1/${kind}#${n}`,
          tag: `patchday ${id} ${kind} ${n}`,
          at: NOW,
        }),
        // Each of these instances goes on to the effect that the next line of the story names.
        targetSet: { stage: 'ready' },
      }),
    );
  const moved = async (effect: Effect, state: Effect['state'], ref?: Effect['ref']) =>
    commit(store, id, {
      effects: [
        { id: effect.id, from: effect.state, state, ...(ref ? { ref } : {}), lookAt: NOW + 5, failures: 2 },
      ],
    });
  await moved(await intended(1, 'create_image'), 'settled', { imageId: 'ami-0123456789abcdef0' });
  await moved(await intended(1, 'install'), 'begun', { commandId: `${COMMAND}1`, expiresAt: NOW + 60_000 });
  await moved(await intended(2, 'start'), 'no_effect');
  await moved(await intended(3, 'install'), 'needs_attention');
  await moved(await intended(4, 'scan'), 'settled', { commandId: `${COMMAND}4` });
  await moved(await intended(5, 'stop'), 'closed');
  await moved(await intended(1, 'cancel'), 'begun');
  await intended(6, 'install');
  await commit(store, id, {
    instanceLocks: [
      { key: keyOf(3), runId: id, reason: 'a command may still run', until: null },
      { key: keyOf(4), runId: id, reason: 'a command was sent', until: NOW + 7_200_000 },
    ],
    news: [
      { kind: 'failure', text: 'web-3 failed', excerpt: 'E: `dpkg` <interrupted>' },
      { kind: 'question', text: 'Was it sent?', effectId: 4 },
      { kind: 'progress', text: 'Wave 1 goes on.' },
    ],
  });
}

const OUTCOMES: readonly Outcome[] = [
  'up_to_date',
  'patched',
  'patched_reboot_pending',
  'partly_patched',
  'failed',
  'verification_failed',
  'skipped',
  'stopped',
  'unknown',
  'backed_up',
];

/** A run that ended, its instances with every outcome. */
async function ends(store: SqliteStore, id: string): Promise<void> {
  await begin(store, id, ['shop-old'], { retryOf: 'parka', kind: 'backup_only' });
  const done = OUTCOMES.map((outcome, i) =>
    buildTarget(31 + i, { stage: 'done', outcome, outcomeReason: 'so', exitCode: i, installedAt: NOW }),
  );
  await commit(store, id, { addTargets: done });
  await plans(store, id, 1, numbers(31, 40), [PERSON.approves, PERSON.alsoApproves]);
  await commit(store, id, {
    run: { phase: 'ended', end: 'completed', endedAt: NOW, currentWave: 1 },
    keepZones: [],
    news: [{ kind: 'report', text: 'Done.' }],
  });
}

/** Cards and messages in every state in which they are left. */
function cards(outbox: SqliteOutbox, { doubledCards }: Holds): void {
  outbox.cardPosted('ended', '1700000000.000100', 3);
  outbox.cardPosted('waves', '1700000000.000200', 2);
  outbox.cardPosted('waits', '1700000000.000300', 1);
  outbox.cardSending('stops');
  if (doubledCards) outbox.cardInDoubt('parkb');
  const next = () => outbox.due(NOW, 50);
  for (const [i, { id }] of next().entries()) {
    outbox.sending(id, NOW);
    if (i === 0) outbox.sent(id, '1700000000.000400');
    else outbox.giveUp(id, 'channel_not_found');
  }
  const [retried, onItsWay] = next();
  outbox.sending(retried?.id ?? 0, NOW);
  outbox.failed(retried?.id ?? 0, 'ratelimited', NOW + 60_000);
  outbox.sending(onItsWay?.id ?? 0, NOW);
}

async function watches(store: SqliteStore): Promise<void> {
  const watch = new SqliteWatch(store, () => NOW);
  const places = ['eu-west-1', 'eu-central-1'].map((region) => ({
    landingZone: 'shop-prod',
    accountId: '111100000001',
    region,
  }));
  watch.watchFromNow(places);
  for (const place of places.slice(0, 1)) await watch.lookedUntil(place, NOW + 1);
  for (const n of [1, 2, 3])
    await watch.report({
      channel: 'COPS',
      alarm: { title: `A stranger's command ${n}`, lines: ['x'], whatToDo: 'Ask CloudTrail.' },
      commands: [
        {
          commandId: `${COMMAND}${n}`,
          code: 'no_such_effect',
          runId: n === 1 ? 'waves' : null,
          audit: {
            actor: 'aws',
            action: 'command.foreign',
            text: 'Found.',
            detail: { commandId: `${COMMAND}${n}` },
          },
        },
      ],
    });
  const alarms = new SqliteAlarms(store);
  alarms.sending(1);
  alarms.sent(1, '1700000000.000500');
  alarms.sending(2);
}
