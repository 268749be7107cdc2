/** What a run finds: where it looks, who is ready, who takes part in a fresh scan, what it says when there is nobody. */
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/workflow/changes.ts';
import type { Instance } from '../../src/workflow/instance.ts';
import { LookFailed, type Place } from '../../src/workflow/ports.ts';
import type { Effect, Run } from '../../src/workflow/run-types.ts';
import type { Outside } from '../../src/workflow/tasks/context.ts';
import { discover, distance } from '../../src/workflow/tasks/discover.ts';
import { buildEffect, buildInstance, buildState, keyOf, NOW, SETTINGS } from './build.ts';

const STALE = SETTINGS.timing.scanStaleAfter;
const none = { missing: 0, failed: 0, pendingReboot: 0, installed: 5, critical: 0, security: 0, other: 0 };
const SLOW = new LookFailed('Throttling', 'Slow down.', true);
const [ZONE] = SETTINGS.zones;
if (!ZONE) throw new Error('there is a landing zone');

interface Given {
  run?: Partial<Run>;
  zone?: Partial<typeof ZONE>;
  instances?: readonly Partial<Instance>[];
  /** Landing zones that fail, and how. */
  fails?: Readonly<Record<string, Error>>;
  names?: readonly string[] | Error;
  effects?: readonly Effect[];
  busy?: readonly number[];
  locked?: readonly number[];
  own?: readonly number[];
}

const idOf = (n: number) => keyOf(n).split('/')[2] ?? '';

async function found(given: Given) {
  const written: Changes[] = [];
  const asked: string[] = [];
  const instances = (given.instances ?? [{}]).map((changes, i) => buildInstance(i + 1, changes));
  const second = { ...ZONE, name: 'shop-too', accountId: '222200000002' };
  const outside = {
    settings: { ...SETTINGS, zones: [{ ...ZONE, ...given.zone }, second] },
    clock: { now: () => NOW },
    ownInstanceIds: () => (given.own ?? []).map(idOf),
    store: {
      instanceLocks: (keys: string[]) =>
        (given.locked ?? [])
          .map(keyOf)
          .filter((k) => keys.includes(k))
          .map((key) => ({ key, runId: 'r9', reason: 'unknown', until: null })),
      async commit(_: string, changes: Changes) {
        written.push(changes);
        return { ok: true, value: undefined };
      },
    },
    aws: {
      fleet: {
        async discover(zone: string) {
          asked.push(zone);
          const error = given.fails?.[zone];
          if (error) throw error;
          return zone === 'shop-prod' ? instances : [];
        },
        async nearestNames(zone: string) {
          if (given.names instanceof Error) throw given.names;
          return zone === 'shop-prod' ? (given.names ?? []) : [];
        },
      },
      commands: {
        async othersInProgress(place: Place, ids: string[]) {
          asked.push(`${place.landingZone} ${place.region} ${place.runId} ${ids.length}`);
          return new Map(
            (given.busy ?? []).map((n) => [
              idOf(n),
              { commandId: 'c-9', documentName: 'Theirs', comment: '' },
            ]),
          );
        },
      },
    },
  } as unknown as Outside;
  const state = buildState([], {
    run: { phase: 'discover', scope: { ...buildState([]).run.scope, name: 'test' }, ...given.run },
    effects: given.effects ?? [],
  });
  await discover(outside, state);
  const [changes] = written;
  return {
    changes,
    asked,
    targets: changes?.addTargets ?? [],
    run: changes?.run,
    text: changes?.audit?.[0]?.text,
  };
}

const codes = async (given: Given) =>
  (await found(given)).targets.map((t) => [t.outcome, ...t.reasons.map((r) => r.code)]);

describe('a run looks', () => {
  const scope = buildState([]).run.scope;

  it('into every landing zone of its scope, and for commands on what is online in each region', async () => {
    const offline = { ping: 'connection_lost' as const, lastPingAt: NOW, agentVersion: '3' };
    const { asked } = await found({ instances: [{}, { region: 'us-east-1' }, { ssm: offline }] });
    expect(asked).toEqual([
      'shop-prod',
      'shop-too',
      'shop-prod eu-west-1 k7m2qp 1',
      'shop-prod us-east-1 k7m2qp 1',
    ]);
  });

  it('for named instances only, and only into their accounts', async () => {
    const only = [keyOf(2), keyOf(3)];
    const { asked, targets } = await found({
      run: { scope: { ...scope, name: 'test', only } },
      instances: [{}, {}, {}],
    });
    expect(asked[1]).toMatch(/^shop-prod eu-west-1/);
    expect(targets.map((t) => t.key)).toEqual(only);
    const both = [keyOf(2), '222200000002/eu-west-1/i-9'];
    expect((await found({ run: { scope: { ...scope, name: 'test', only: both } } })).asked).toContain(
      'shop-too',
    );
  });

  it('past a landing zone that fails, and says so', async () => {
    const { run, targets, changes } = await found({ fails: { 'shop-too': SLOW } });
    expect(targets).toHaveLength(1);
    expect(run).toEqual({
      phase: 'plan',
      currentWave: 0,
      failedZones: [{ landingZone: 'shop-too', reason: 'Slow down.' }],
    });
    expect(changes?.expect).toEqual({ phase: 'discover' });
    await expect(found({ fails: { 'shop-too': new TypeError('a defect') } })).rejects.toThrow('a defect');
  });
});

describe('an instance is up to date', () => {
  const scanned = (at: number) => ({ lastPatch: { operation: 'Scan' as const, at, snapshotId: null } });
  it('when its scan is recent enough and nothing is missing, failed or waiting for a reboot', async () => {
    const given = (changes: Partial<Instance>) =>
      codes({ instances: [{ counts: none, ...scanned(NOW - STALE), ...changes }] });
    expect(await given({})).toEqual([['up_to_date', 'up_to_date']]);
    for (const changes of [
      scanned(NOW - STALE - 1),
      { lastPatch: null },
      { counts: { ...none, missing: 1 } },
      { counts: { ...none, failed: 1 } },
    ])
      expect(await given(changes)).toEqual([['skipped']]);
    expect(await given({ counts: { ...none, pendingReboot: 1 } })).toEqual([['skipped', 'pending_reboot']]);
    expect(await given({ counts: null })).toEqual([['skipped', 'never_scanned']]);
  });

  it('and is backed up all the same, when that is asked for', async () => {
    const { targets } = await found({ instances: [{ counts: none }], run: { kind: 'backup_only' } });
    expect(targets).toMatchObject([{ eligible: true, outcomeReason: 'Not in a plan.' }]);
  });

  it('but not when it is not ready', async () => {
    const { targets } = await found({ instances: [{ counts: none, platform: 'unknown' }] });
    expect(targets).toMatchObject([
      {
        eligible: false,
        outcome: 'skipped',
        outcomeReason: 'its platform is not known, so no patch document fits.',
      },
    ]);
  });
});

it('a backup-only run needs no agent', async () => {
  const off = { ssm: { ping: 'not_managed' as const, lastPingAt: null, agentVersion: null } };
  expect((await found({ instances: [off], run: { kind: 'backup_only' } })).targets).toMatchObject([
    { eligible: true },
  ]);
  expect((await found({ instances: [off] })).targets).toMatchObject([{ eligible: false }]);
});

describe('a fresh scan', () => {
  const fresh = { options: { ...buildState([]).run.options, fresh: true } };
  const takesPart = async (given: Given) =>
    (await found({ run: fresh, ...given })).targets.map((t) => [t.wave, t.stage, t.outcome].join());
  const SCANNED = '0,queued,';

  it('is of everything that can be reached, also of what seems up to date', async () => {
    expect(await takesPart({ instances: [{}, { counts: none }] })).toEqual([SCANNED, SCANNED]);
    expect((await found({ run: fresh })).run?.phase).toBe('fresh_scan');
  });

  const LEFT_OUT: [string, Given][] = [
    ['stopped', { instances: [{}, { state: 'stopped' }] }],
    [
      'without its agent',
      { instances: [{}, { ssm: { ping: 'connection_lost', lastPingAt: NOW, agentVersion: '3' } }] },
    ],
    ['of an unknown platform', { instances: [{}, { platform: 'unknown' }] }],
    ["Patchday's own host", { instances: [{}, {}], own: [2] }],
    ['an EMR node', { instances: [{}, { tags: { 'aws:elasticmapreduce:job-flow-id': 'j' } }] }],
    ['busy', { instances: [{}, {}], busy: [2] }],
    ['locked', { instances: [{}, {}], locked: [2] }],
    [
      'protected',
      {
        instances: [{}, { tags: { keep: 'off' } }],
        zone: { protectedTags: [{ key: 'keep', value: 'off' }] },
      },
    ],
    ['excluded', { instances: [{}, {}], zone: { exclude: { ...ZONE.exclude, instanceIds: [idOf(2)] } } }],
    ['not included', { instances: [{}, {}], zone: { include: { ...ZONE.include, instanceIds: [idOf(1)] } } }],
  ];
  it.each(LEFT_OUT)('leaves alone what is %s', async (_, given) => {
    const [first, second] = await takesPart(given);
    expect(first).toBe(SCANNED);
    expect(second).not.toBe(SCANNED);
  });

  it('takes in what is only in an Auto Scaling group: a scan changes nothing there', async () => {
    expect(await takesPart({ instances: [{ tags: { 'aws:autoscaling:groupName': 'g' } }] })).toEqual([
      SCANNED,
    ]);
  });

  it('is not made where patching is switched off, twice, or of nobody', async () => {
    const phase = async (given: Given) => (await found({ run: fresh, ...given })).run?.phase;
    expect(await phase({ zone: { patchEnabled: false } })).toBe('plan');
    expect(await phase({ effects: [buildEffect('scan', [], { wave: 0 })] })).toBe('plan');
    expect(
      await phase({ effects: [buildEffect('scan', [], { wave: 1 }), buildEffect('start', [], { wave: 0 })] }),
    ).toBe('fresh_scan');
    expect(await phase({ instances: [{ state: 'stopped' }] })).toBe('plan');
    expect((await found({})).run?.phase).toBe('plan');
  });
});

describe('where there is nobody', () => {
  const nobody = { instances: [] };
  const scope = { ...buildState([]).run.scope, name: 'test' };

  it('the three nearest names are told, by distance and then by name', async () => {
    const names = ['zeta', 'WEB-9', 'web-1', 'web-1', 'web-12', 'alpha'];
    const { text, run, changes } = await found({
      ...nobody,
      names,
      run: { scope: { ...scope, pattern: '*Web-1?*' } },
    });
    expect(text).toBe('No instance matches. The nearest names are web-1, WEB-9, web-12.');
    expect(run).toMatchObject({
      phase: 'ended',
      end: 'nothing_to_do',
      endedAt: NOW,
      wakeAt: null,
      because: [],
    });
    expect(changes).toMatchObject({
      expect: { phase: 'discover' },
      keepZones: [],
      endQueued: { nextStep: 'Scan again.' },
    });
    const alike = await found({
      ...nobody,
      names: ['web-b', 'web-a'],
      run: { scope: { ...scope, pattern: 'web-' } },
    });
    expect(alike.text).toBe('No instance matches. The nearest names are web-a, web-b.');
  });

  it.each<[string | null, string[]]>([
    ['AB*', ['abc', 'zz']],
    ['ab*', ['ABC', 'zz']],
    [null, ['z', 'stryker']],
  ])(
    'small and capital letters are alike, and without a pattern the shortest are nearest: %s',
    async (pattern, names) => {
      const given = { ...nobody, names: [...names].reverse(), run: { scope: { ...scope, pattern } } };
      expect((await found(given)).text).toBe(
        `No instance matches. The nearest names are ${names.join(', ')}.`,
      );
    },
  );

  it('a scope without a landing zone has nobody, and nothing that could not be looked at', async () => {
    const nowhere = { ...scope, only: ['999900000009/eu-west-1/i-1'] };
    expect((await found({ ...nobody, run: { scope: nowhere } })).text).toBe(
      'No instance matches. There are no instances in the scope at all.',
    );
  });

  it('names that cannot be read are not needed', async () => {
    expect((await found({ ...nobody, names: SLOW })).text).toBe('No instance matches.');
    expect((await found(nobody)).text).toBe(
      'No instance matches. There are no instances in the scope at all.',
    );
    await expect(found({ ...nobody, names: new TypeError('a defect') })).rejects.toThrow('a defect');
  });

  it('what failed is told, and is the end only when all of it did', async () => {
    const one = await found({ ...nobody, fails: { 'shop-too': SLOW } });
    expect(one.run?.end).toBe('nothing_to_do');
    expect(one.changes?.news?.[0]?.text).toBe(
      'No instance matches in the landing zones that could be looked at. shop-too: Slow down.',
    );
    const both = await found({ fails: { 'shop-prod': SLOW, 'shop-too': SLOW } });
    expect(both.run?.end).toBe('discovery_failed');
    expect(both.changes?.endQueued?.nextStep).toBe('Mend the cause, then scan again.');
    expect(both.changes?.news?.[0]?.text).toBe(
      'No landing zone of the scope could be looked at. shop-prod: Slow down. shop-too: Slow down.',
    );
  });
});

it.each([
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
  ['abc', '', 3],
  ['abc', 'abc', 0],
  ['abc', 'abd', 1],
  ['ab', 'ba', 2],
])('from %s to %s are %i edits', (a, b, edits) => {
  expect(distance(a, b)).toBe(edits);
});
