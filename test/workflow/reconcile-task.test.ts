/** Which questions AWS is asked about a run whose database was restored, and what is handed to the rules. */
import { expect, it } from 'vitest';
import type { Changes, Committed } from '../../src/workflow/changes.ts';
import { type BackupRecord, LookFailed, type Place } from '../../src/workflow/ports.ts';
import type { Outside } from '../../src/workflow/tasks/context.ts';
import { reconcile } from '../../src/workflow/tasks/reconcile.ts';
import { buildPlan, buildPlanTarget, buildState, buildTarget, keyOf, NOW, SETTINGS } from './build.ts';

const ZONES = [
  ...SETTINGS.zones.map((z) => ({ ...z, regions: ['eu-west-1', 'us-east-1'] })),
  ...SETTINGS.zones.map((z) => ({ ...z, name: 'shop-test', accountId: '222200000002' })),
  ...SETTINGS.zones.map((z) => ({ ...z, name: 'elsewhere', environment: 'other' })),
];

const idOf = (n: number) => keyOf(n).split('/')[2] ?? '';

interface Given {
  images?: readonly Partial<BackupRecord>[];
  /** In one region. */
  commands?: { region: string; instanceIds: string[] };
  fails?: Error;
  refused?: boolean;
  withoutPlan?: boolean;
  stopped?: boolean;
  targets?: ReturnType<typeof buildPlan>['targets'];
}

async function asked(given: Given) {
  const asks: string[] = [];
  let written: Changes | null = null;
  const say = ({ landingZone, accountId, region, runId }: Place, what: string) =>
    asks.push(`${landingZone} ${accountId} ${region} ${runId}: ${what}`);
  const targets = given.targets ?? [buildPlanTarget(1), buildPlanTarget(2)];
  const state = buildState([buildTarget(1, { stage: 'backing_up' }), buildTarget(2)], {
    plan: given.withoutPlan ? null : { ...buildPlan(0), targets },
    run: {
      phase: given.withoutPlan ? 'discover' : 'waves',
      ...(given.stopped ? { stopRequestedAt: NOW, stopRequestedBy: 'UREQ' } : {}),
    },
  });
  const outside = {
    settings: { ...SETTINGS, zones: ZONES },
    clock: { now: () => NOW },
    store: {
      allTargets: () => state.targets,
      async commit(runId: string, changes: Changes): Promise<Committed> {
        written = changes;
        expect(runId).toBe(state.run.id);
        return given.refused
          ? { ok: false, refused: 'phase_changed', text: 'It went on.' }
          : { ok: true, value: undefined };
      },
    },
    aws: {
      identity: {
        async confirmAccount(place: Place) {
          say(place, 'account');
          if (given.fails) throw given.fails;
        },
      },
      commands: {
        async sentSince(place: Place, prefix: string, since: number) {
          say(place, `commands "${prefix}" since ${since - state.run.createdAt}`);
          if (place.region !== given.commands?.region) return [];
          return [
            {
              commandId: 'c-1',
              comment: `${prefix}install w1/111100000001/eu-west-1/linux#1 a1`,
              document: { name: 'AWS-RunPatchBaseline', version: '3' },
              instanceIds: given.commands.instanceIds,
              parameters: { Operation: ['Install'] },
              requestedAt: NOW - 1000,
              expiresAt: NOW + 1000,
            },
          ];
        },
      },
      images: {
        async list(landingZone: string) {
          asks.push(`${landingZone}: images`);
          return (given.images ?? []).map((image) => ({
            runId: state.run.id,
            region: 'eu-west-1',
            ...image,
          }));
        },
        async look(place: Place, ids: readonly string[]) {
          say(place, `look at ${ids.join(' ')}`);
          return new Map([['ami-1', { state: 'verified', snapshotIds: [] }]]);
        },
      },
    },
  } as unknown as Outside;
  const answer = await reconcile(outside, state);
  return { asks, answer, written: written as Changes | null };
}

it('a run with a plan is asked about where its plan is, once for each account and region', async () => {
  const { asks, answer, written } = await asked({});
  expect(asks).toEqual([
    'shop-prod 111100000001 eu-west-1 k7m2qp: account',
    'shop-prod 111100000001 eu-west-1 k7m2qp: commands "patchday k7m2qp " since 0',
    'shop-prod: images',
  ]);
  expect(answer).toEqual({ done: true });
  expect(written?.expect).toEqual({ phase: 'waves' });
  expect(written?.parked).toMatchObject({ mayRelease: true });
});

it.each([{ withoutPlan: true }, { targets: [] }])(
  'a run without targets in a plan is asked about everywhere in its environment: %j',
  async (given) => {
    const { asks } = await asked(given);
    expect(asks.filter((a) => a.endsWith(': account') || a.endsWith(': images'))).toEqual([
      'shop-prod 111100000001 eu-west-1 k7m2qp: account',
      'shop-prod 111100000001 us-east-1 k7m2qp: account',
      'shop-test 222200000002 eu-west-1 k7m2qp: account',
      'shop-prod: images',
      'shop-test: images',
    ]);
  },
);

it('a command is adopted at the place where it was found', async () => {
  const { written } = await asked({ commands: { region: 'eu-west-1', instanceIds: [idOf(1)] } });
  expect(written?.adopt).toMatchObject([
    { landingZone: 'shop-prod', accountId: '111100000001', region: 'eu-west-1', targets: [keyOf(1)] },
  ]);
});

it('only the images of the run are looked at, each in its region, and those that are complete count', async () => {
  const first = idOf(1);
  const second = idOf(2);
  const { asks, written } = await asked({
    commands: { region: 'eu-west-1', instanceIds: [first, second] },
    images: [
      { imageId: 'ami-1', instanceId: first },
      { imageId: 'ami-2', instanceId: second },
      { imageId: 'ami-3', instanceId: first, runId: 'zzzzzz' },
      { imageId: 'ami-4', instanceId: first, region: 'us-east-1' },
    ],
    targets: [
      buildPlanTarget(1),
      buildPlanTarget(2),
      buildPlanTarget(3, { landingZone: 'shop-test', accountId: '222200000002' }),
    ],
  });
  expect(asks.filter((a) => a.includes('look at'))).toEqual([
    'shop-prod 111100000001 eu-west-1 k7m2qp: look at ami-1 ami-2',
    'shop-test 222200000002 eu-west-1 k7m2qp: look at ami-1 ami-2',
  ]);
  const got = (written?.targets ?? []).map(({ set }) => [set.imageId, set.backupVerified]);
  expect(got).toEqual([
    ['ami-1', true],
    ['ami-2', false],
  ]);
  expect(JSON.stringify(written)).not.toMatch(/ami-3|ami-4/);
});

it('what cannot be asked is asked again after a pause, and nothing is written', async () => {
  const { answer, written } = await asked({
    fails: new LookFailed('Throttling', 'AWS did not answer.', true),
  });
  expect(answer).toEqual({
    done: false,
    why: 'AWS could not be asked what was done since the copy: AWS did not answer. Nothing is changed until it answers.',
    retryInMs: SETTINGS.timing.pollPower,
  });
  expect(written).toBeNull();
  await expect(asked({ fails: new TypeError('a defect') })).rejects.toThrow('a defect');
});

it('where asking again cannot help, a stop ends the run without an answer', async () => {
  const closed = new LookFailed('AccessDenied', 'The account is closed.', false);
  expect(await asked({ fails: closed })).toMatchObject({
    answer: {
      done: false,
      why: expect.stringMatching(/until it answers; \/patch stop \w+ ends the run without an answer\.$/),
    },
    written: null,
  });
  const { answer, written } = await asked({ fails: closed, stopped: true });
  expect(answer).toEqual({ done: true });
  expect(written).toMatchObject({ expect: { phase: 'waves' }, parked: { mayRelease: false } });
  expect(JSON.stringify(written)).toContain('The account is closed.');
});

it('a stop waits for AWS as long as it may still answer', async () => {
  const { answer, written } = await asked({
    fails: new LookFailed('Throttling', 'AWS did not answer.', true),
    stopped: true,
  });
  expect(answer).toMatchObject({ done: false });
  expect(written).toBeNull();
});

it('a run that went on meanwhile is asked about again', async () => {
  expect((await asked({ refused: true })).answer).toEqual({
    done: false,
    why: 'It went on.',
    retryInMs: SETTINGS.timing.pollPower,
  });
});
