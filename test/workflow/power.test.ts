/** Following a start and a stop: who is ready, who is waited for, who is left to a person. */
import { describe, expect, it } from 'vitest';
import type { Intent } from '../../src/workflow/changes.ts';
import type { EffectContext } from '../../src/workflow/effects/kind.ts';
import { startInstances, stopInstances } from '../../src/workflow/effects/power.ts';
import type { Instance } from '../../src/workflow/instance.ts';
import { LookFailed } from '../../src/workflow/ports.ts';
import type { Effect, Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildInstance, buildState, buildTarget, keyOf, NOW, SETTINGS } from './build.ts';

const idOf = (n: number) => keyOf(n).split('/')[2] ?? '';
const { startTimeout, effectGrace, pollPower, verifyTimeout } = SETTINGS.timing;

interface Given {
  target?: Partial<Target>;
  /** As EC2 shows it; null = not at all. */
  shows?: { state?: Instance['state']; stateReason?: string; ok?: boolean } | null;
  ping?: Instance['ssm']['ping'] | null;
  other?: boolean;
  fails?: Error;
  effects?: readonly Effect[];
  /** Since the intent. */
  after?: number;
}

function world(
  { target = {}, shows = {}, ping = 'online', other = false, fails, effects = [], after = 0 }: Given,
  stage: Target['stage'],
) {
  const one = buildTarget(1, { stage, stageSince: NOW, wasStopped: true, ...target });
  const asked: unknown[] = [];
  const context = {
    now: NOW - 100 + after,
    settings: SETTINGS,
    state: buildState([one, buildTarget(2, { stage: 'done' })], { effects }),
    aws: {
      power: {
        async look(place: object, ids: readonly string[]) {
          asked.push(place, ids);
          if (fails) throw fails;
          const { state = 'running', stateReason = '', ok = true } = shows ?? {};
          const checks = { ok, text: ok ? 'ok' : 'initializing' };
          return new Map(shows === null ? [] : [[idOf(1), { state, stateReason, checks }]]);
        },
      },
      fleet: {
        describe: async () =>
          ping === null ? [] : [buildInstance(1, { ssm: { ping, lastPingAt: NOW, agentVersion: '3' } })],
      },
      commands: {
        async othersInProgress(_: object, __: unknown, own: readonly string[]) {
          asked.push(own);
          return new Map(
            other ? [[idOf(1), { commandId: 'c-9', documentName: 'Their-Document', comment: '' }]] : [],
          );
        },
      },
    },
  } as unknown as EffectContext;
  return { context, one, asked };
}

async function started(given: Given) {
  const { context } = world(given, 'powering_on');
  const effect = buildEffect('start', [keyOf(1), keyOf(2)]);
  const [result] = await startInstances.look(context, [effect]);
  const [change] = result?.changes.effects ?? [];
  expect(result?.changes.targets?.every((t) => t.key === keyOf(1))).toBe(true);
  return { effect: change, target: result?.changes.targets?.[0]?.set };
}

describe('a started instance', () => {
  it('is ready when it runs, its checks are ok and its agent is online', async () => {
    const { effect, target } = await started({});
    expect(target?.stage).toBe('ready');
    expect(effect).toMatchObject({ state: 'settled' });
  });

  const WAITS: [string, Given][] = [
    ['is pending', { shows: { state: 'pending' } }],
    ['has checks that are not ok', { shows: { ok: false } }],
    ['has no agent online', { ping: 'connection_lost' }],
    ['is not described', { ping: null }],
    ['is not shown', { shows: null }],
    [
      'is shown as stopped just after the start',
      { shows: { state: 'stopped', stateReason: 'Server.x' }, after: effectGrace },
    ],
    [
      'is shown as stopped by a user, as it was before',
      { shows: { state: 'stopped', stateReason: 'Client.UserInitiatedShutdown' }, after: effectGrace + 1 },
    ],
    ['is shown as stopped without a reason', { shows: { state: 'stopped' }, after: effectGrace + 1 }],
    ['was told so as long ago as is allowed', { shows: { state: 'pending' }, after: startTimeout }],
  ];
  it.each(WAITS)('is waited for while it %s', async (_, given) => {
    const { effect, target } = await started(given);
    expect(target).toBeUndefined();
    expect(effect).toMatchObject({ state: 'begun', lookAt: NOW - 100 + (given.after ?? 0) + pollPower });
  });

  const LATE = startTimeout + 1;
  const ENDS: [string, Given, string, Partial<Target>][] = [
    [
      'fell back, with its reason',
      { shows: { state: 'stopped', stateReason: 'Client.InvalidKMSKey' }, after: effectGrace + 1 },
      'It did not start: Client.InvalidKMSKey.',
      { power: 'off_again', stage: 'done' },
    ],
    [
      'was terminated',
      { shows: { state: 'terminated', stateReason: 'x' }, after: Math.max(LATE, effectGrace + 1) },
      'It did not start: it is terminated.',
      { power: 'off_again', stage: 'done' },
    ],
    [
      'is still stopped',
      { shows: { state: 'stopped' }, after: Math.max(LATE, effectGrace + 1) },
      'It did not start: it is stopped.',
      { power: 'off_again', stage: 'done' },
    ],
    [
      'is not ready',
      { shows: { ok: false }, ping: 'connection_lost', after: LATE },
      'It was started, but was not ready in time (running, checks: initializing, SSM agent connection_lost).',
      { stage: 'powering_off' },
    ],
    [
      'is not seen',
      { shows: null, ping: null, after: LATE },
      'It was started, but was not ready in time (not seen, SSM agent unknown).',
      { stage: 'powering_off' },
    ],
  ];
  it.each(ENDS)('that %s is skipped', async (_, given, outcomeReason, set) => {
    const { effect, target } = await started({ ...given, target: { power: 'on' } });
    expect(target).toMatchObject({ outcome: 'skipped', outcomeReason, ...set });
    expect(effect).toMatchObject({ state: 'settled' });
  });
});

describe('just before a start', () => {
  async function dropped(given: Given) {
    const { context, one, asked } = world(given, 'powering_on');
    const intent = { landingZone: 'shop-prod', accountId: '1', region: 'eu-west-1' } as Intent;
    const { drop, defer } = (await startInstances.precheck?.(context, intent, [one])) ?? {};
    expect(defer).toEqual([]);
    return { dropped: drop?.map((d) => [d.set.outcome, d.set.outcomeReason, d.set.nextStep]), ids: asked[1] };
  }

  it('what is still stopped is started', async () => {
    expect(await dropped({ shows: { state: 'stopped' } })).toEqual({ dropped: [], ids: [idOf(1)] });
  });

  it.each([
    [{ shows: { state: 'running' as const } }, 'running'],
    [{ shows: null }, 'gone'],
  ])('what somebody else touched is left alone: %j', async (given, now) => {
    const why = `It was stopped when its wave began and is ${now} now, so it was left alone.`;
    expect((await dropped(given)).dropped).toEqual([['skipped', why, 'Scan it again.']]);
  });

  it('what we started ourselves is not looked at', async () => {
    const ours = { shows: { state: 'running' as const } };
    expect(await dropped({ ...ours, target: { power: 'on' } })).toEqual({ dropped: [], ids: [] });
    expect(await dropped({ ...ours, effects: [buildEffect('start', [keyOf(1)])] })).toEqual({
      dropped: [],
      ids: [],
    });
    const others = [buildEffect('start', [keyOf(2)]), buildEffect('stop', [keyOf(1)])];
    expect((await dropped({ ...ours, effects: others })).dropped).toHaveLength(1);
  });
});

describe('just before a stop', () => {
  async function looked(given: Given) {
    const { context, one, asked } = world({ after: 100, ...given }, 'powering_off');
    const intent = { landingZone: 'shop-prod', accountId: '1', region: 'eu-west-1' } as Intent;
    const { drop = [], defer = [] } = (await stopInstances.precheck?.(context, intent, [one])) ?? {};
    return { drop: drop.map((d) => d.set), defer, own: asked[2] };
  }
  const step = { nextStep: 'Read the log.' };

  it('what runs is stopped', async () => {
    expect(await looked({})).toMatchObject({ drop: [], defer: [] });
  });

  it('what is off already is done', async () => {
    expect((await looked({ shows: { state: 'stopped' }, target: step })).drop).toMatchObject([
      { stage: 'done', power: 'off_again', nextStep: 'Read the log.' },
    ]);
  });

  it('what is off, perhaps because we told it without hearing the answer, is told again, so that the audit says so', async () => {
    const shows = { state: 'stopped' } as const;
    const told = buildEffect('stop', [keyOf(1)], { state: 'no_effect' });
    expect(await looked({ shows, effects: [told] })).toMatchObject({ drop: [], defer: [] });
    expect((await looked({ shows: { state: 'terminated' }, effects: [told] })).drop).toHaveLength(1);
    const others = [
      buildEffect('stop', [keyOf(2)], { state: 'no_effect' }),
      buildEffect('start', [keyOf(1)]),
      // A question that somebody answered with "leave it on"; nothing was sent.
      buildEffect('stop', [keyOf(1)], { state: 'closed' }),
    ];
    expect((await looked({ shows, effects: others })).drop).toHaveLength(1);
  });

  it.each([{ shows: { state: 'terminated' as const } }, { shows: null }])(
    'what is gone is said to be: %j',
    async (given) => {
      expect((await looked({ ...given, target: step })).drop).toMatchObject([
        {
          stage: 'done',
          power: 'off_again',
          nextStep: 'Read the log. It was terminated meanwhile: find out by whom.',
        },
      ]);
    },
  );

  it('what somebody else works on is waited for, and left on in the end', async () => {
    const at = (after: number) => looked({ other: true, after: 100 + after, target: step });
    expect(await at(verifyTimeout)).toMatchObject({ drop: [], defer: [keyOf(1)] });
    expect(await at(verifyTimeout + 1)).toMatchObject({
      defer: [],
      drop: [
        {
          stage: 'done',
          nextStep:
            'Read the log. It was started for patching and left on, because another command (Their-Document) is in progress on it: stop it by hand.',
        },
      ],
    });
  });

  it('what is left on has nothing else to do, where nothing else was', async () => {
    const { drop } = await looked({ other: true, after: 100 + verifyTimeout + 1 });
    expect(drop[0]?.nextStep).toMatch(/^It was started for patching and left on/);
  });

  it('our own commands are not those of somebody else', async () => {
    const effects = [
      buildEffect('install', [keyOf(1)], { ref: { commandId: 'c-1' } }),
      buildEffect('start', [keyOf(1)]),
    ];
    expect((await looked({ effects })).own).toEqual(['c-1']);
  });

  it('a look that fails changes nothing: stopping again is owed', async () => {
    const fails = new LookFailed('Throttling', 'Slow down.', true);
    expect(await looked({ fails })).toMatchObject({ drop: [], defer: [] });
    await expect(looked({ fails: new TypeError('a defect') })).rejects.toThrow('a defect');
  });
});

describe('an instance that was told to stop', () => {
  async function stopped(given: Given) {
    const { context } = world(given, 'powering_off');
    const effect = buildEffect('stop', [keyOf(1), keyOf(2)]);
    const [result] = await stopInstances.look(context, [effect]);
    const { effects = [], targets = [], news = [] } = result?.changes ?? {};
    return { effect: effects[0], targets: targets.map((t) => t.set), news: news.map((n) => n.text) };
  }

  it.each([
    { shows: { state: 'stopped' as const } },
    { shows: { state: 'terminated' as const } },
    { shows: null },
  ])('is done when it is off: %j', async (given) => {
    expect(await stopped(given)).toMatchObject({
      targets: [{ stage: 'done', power: 'off_again' }],
      effect: { state: 'settled' },
      news: [],
    });
  });

  it('is waited for twice as long as a start, and then left to a person', async () => {
    const at = (after: number) =>
      stopped({ shows: { state: 'stopping' }, after, target: { nextStep: 'Read the log.' } });
    expect(await at(2 * startTimeout)).toMatchObject({
      targets: [],
      effect: { state: 'begun', lookAt: NOW - 100 + 2 * startTimeout + pollPower },
    });
    expect(await at(2 * startTimeout + 1)).toMatchObject({
      targets: [{ stage: 'done', nextStep: 'Read the log. It is still stopping: stop it by hand.' }],
      effect: { state: 'settled' },
      news: [`web-1 (${idOf(1)}) was told to stop again but is still stopping. Stop it by hand.`],
    });
  });
});

describe('what nobody can look at', () => {
  const blind = (kind: 'start' | 'stop', after: number, failures: number) => {
    const { context } = world(
      { after, target: { power: 'on', nextStep: 'Read the log.' } },
      kind === 'start' ? 'powering_on' : 'powering_off',
    );
    const effect = buildEffect(kind, [keyOf(1), keyOf(2)], { failures });
    return (kind === 'start' ? startInstances : stopInstances).blind?.(context, effect, 'Slow down.');
  };
  const MANY = 1e6;

  it('after a start is skipped, once the time for it is over', () => {
    expect(blind('start', startTimeout, MANY)).toBeNull();
    expect(blind('start', startTimeout + 1, 0)).toBeNull();
    const changes = blind('start', startTimeout + 1, MANY);
    expect(changes?.effects).toMatchObject([{ state: 'settled', note: 'Slow down.' }]);
    expect(changes?.targets?.map((t) => t.set)).toMatchObject([
      {
        outcome: 'skipped',
        stage: 'powering_off',
        outcomeReason: 'It was started, but could not be looked at. Slow down.',
        nextStep: 'Mend the cause, then /patch retry.',
      },
    ]);
  });

  it('after a stop is left to a person, once twice the time is over', () => {
    expect(blind('stop', 2 * startTimeout, MANY)).toBeNull();
    expect(blind('stop', 2 * startTimeout + 1, 0)).toBeNull();
    const byHand =
      'It was told to stop again, but nobody could look whether it did: check that it is stopped.';
    const changes = blind('stop', 2 * startTimeout + 1, MANY);
    expect(changes?.targets?.map((t) => t.set)).toMatchObject([
      { stage: 'done', nextStep: `Read the log. ${byHand}` },
    ]);
    expect(changes?.news).toEqual([
      { kind: 'failure', text: `web-1 (${idOf(1)}): ${byHand} Slow down.`, excerpt: '' },
    ]);
  });
});
