/** Following a scan: who is waited for, who is scanned again, and for how long. */
import { describe, expect, it } from 'vitest';
import type { Intent } from '../../src/workflow/changes.ts';
import type { EffectContext } from '../../src/workflow/effects/kind.ts';
import { scan } from '../../src/workflow/effects/scan.ts';
import type { Invocation } from '../../src/workflow/ports.ts';
import type { Effect, Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildInstance, buildState, buildTarget, keyOf, NOW, SETTINGS } from './build.ts';

const idOf = (n: number) => keyOf(n).split('/')[2] ?? '';
const { verifyTimeout, effectGrace, pollCommands } = SETTINGS.timing;

describe('just before a scan', () => {
  async function look(wave: number) {
    const confirmed: object[] = [];
    const targets = [1, 2, 3, 4].map((n) => buildTarget(n, { stage: 'verifying' }));
    const offline = { ping: 'connection_lost' as const, lastPingAt: NOW, agentVersion: '3' };
    const context = {
      state: buildState(targets),
      aws: {
        identity: { confirmAccount: async (place: object) => void confirmed.push(place) },
        fleet: {
          describe: async () => [buildInstance(1), buildInstance(2, { ssm: offline }), buildInstance(4)],
        },
      },
    } as unknown as EffectContext;
    const intent = { wave, landingZone: 'shop-prod', accountId: '1', region: 'eu-west-1' } as Intent;
    return { ...(await scan.precheck?.(context, intent, targets)), confirmed };
  }

  it('an agent that is not back is waited for, and what is gone ends', async () => {
    const { drop, defer, confirmed } = await look(1);
    expect(defer).toEqual([keyOf(2)]);
    expect(drop).toMatchObject([
      {
        key: keyOf(3),
        set: {
          outcome: 'verification_failed',
          outcomeReason: 'The instance does not exist any more.',
          nextStep: 'Find out who terminated it.',
        },
      },
    ]);
    expect(confirmed).toEqual([]);
  });

  it('the account is confirmed when it is the first thing that a run sends', async () => {
    expect((await look(0)).confirmed).toMatchObject([
      { landingZone: 'shop-prod', accountId: '1', runId: 'k7m2qp' },
    ]);
  });
});

/** Its invocations, by the number of the instance. */
async function followed(
  invocations: Readonly<Record<number, Partial<Invocation>>>,
  {
    effect = {},
    now = NOW,
    target = {},
  }: { effect?: Partial<Effect>; now?: number; target?: Partial<Target> } = {},
) {
  const wave = effect.wave ?? 1;
  const stage = wave === 0 ? 'queued' : 'verifying';
  const targets = [
    ...[1, 2].map((n) => buildTarget(n, { stage, stageSince: NOW, installedAt: NOW, ...target })),
    buildTarget(3, { stage: 'done' }),
  ];
  const asked: string[] = [];
  const context = {
    now,
    settings: SETTINGS,
    state: buildState(targets),
    aws: {
      commands: {
        async invocations(_: object, commandId: string) {
          asked.push(commandId);
          return Object.entries(invocations).map(([n, part]) => ({
            instanceId: idOf(Number(n)),
            status: 'success',
            detail: 'Success',
            startedAt: null,
            endedAt: null,
            ...part,
          }));
        },
      },
      // Nothing to judge on: what was scanned stays open.
      patchStates: { look: async () => new Map() },
      power: { look: async () => new Map() },
    },
  } as unknown as EffectContext;
  const one = buildEffect('scan', [keyOf(1), keyOf(2), keyOf(3)], { ref: { commandId: 'c-1' }, ...effect });
  const [result] = await scan.look(context, [one]);
  const [change] = result?.changes.effects ?? [];
  return {
    state: change?.state,
    lookAt: change?.lookAt,
    note: change?.note,
    targets: result?.changes.targets,
    asked,
  };
}

describe('a scan on its way', () => {
  const OPEN: [string, Partial<Invocation> | null][] = [
    ['is not listed yet', null],
    ['waits', { status: 'waiting' }],
    ['runs', { status: 'running' }],
  ];
  const parts = (part: Partial<Invocation> | null) => ({
    1: { status: 'failed' as const, detail: 'Failed' },
    ...(part ? { 2: part } : {}),
  });

  it.each(OPEN)('is looked at again while one of its instances %s', async (_, part) => {
    const result = await followed(parts(part));
    expect(result).toMatchObject({ state: 'begun', lookAt: NOW + pollCommands, targets: [] });
    expect(result.asked).toEqual(['c-1']);
  });

  it.each(OPEN)('is given up after the time for a verification when one %s', async (_, part) => {
    const since = { effect: { ref: { commandId: 'c-1', expiresAt: NOW + 9e9 } } };
    const at = (ms: number) =>
      followed({ 1: {}, ...(part ? { 2: part } : {}) }, { ...since, now: NOW - 100 + ms });
    // The other one still waits for its verdict, so the scan stays open.
    expect(await at(verifyTimeout + 1)).toMatchObject({ state: 'begun' });
    const alone = (ms: number) => followed(parts(part), { ...since, now: NOW - 100 + ms });
    expect(await alone(verifyTimeout)).toMatchObject({ state: 'begun' });
    expect(await alone(verifyTimeout + 1)).toMatchObject({
      state: 'settled',
      note: 'the scan failed: Failed',
      lookAt: NOW - 100 + verifyTimeout + 1 + pollCommands,
    });
  });

  it('is given up when AWS says that nothing of it can start any more', async () => {
    const at = (ms: number) =>
      followed({}, { effect: { ref: { commandId: 'c-1', expiresAt: NOW } }, now: NOW + ms });
    expect(await at(effectGrace)).toMatchObject({ state: 'begun' });
    expect(await at(effectGrace + 1)).toMatchObject({
      state: 'settled',
      note: 'the scan failed: it did not end in time',
    });
  });

  it('that AWS said no end of ends with the time for a verification', async () => {
    expect(await followed({}, { now: NOW - 100 + verifyTimeout })).toMatchObject({ state: 'begun' });
    expect(await followed({}, { now: NOW - 100 + verifyTimeout + 1 })).toMatchObject({ state: 'settled' });
  });
});

describe('a fresh scan', () => {
  it('makes its instances ready, and leaves those that failed where they are', async () => {
    const result = await followed(
      { 1: {}, 2: { status: 'failed', detail: 'Failed' } },
      { effect: { wave: 0 } },
    );
    expect(result).toMatchObject({ state: 'settled', note: 'the scan failed: Failed' });
    expect(result.targets).toMatchObject([{ key: keyOf(1), set: { stage: 'ready' } }]);
  });

  it('says nothing when all of it went well', async () => {
    expect(await followed({ 1: {}, 2: {} }, { effect: { wave: 0 } })).toMatchObject({
      state: 'settled',
      note: '',
    });
  });
});
