/** Following one instance of a patch command: waiting, running, lost, ended. */
import { describe, expect, it } from 'vitest';
import { expiryOf, followTarget, silentInstances } from '../../src/workflow/effects/follow-install.ts';
import type { EffectContext } from '../../src/workflow/effects/kind.ts';
import type { Instance } from '../../src/workflow/instance.ts';
import { type Invocation, LookFailed } from '../../src/workflow/ports.ts';
import type { Effect, Run, Target } from '../../src/workflow/run-types.ts';
import { buildEffect, buildInstance, buildState, buildTarget, keyOf, NOW, SETTINGS } from './build.ts';

const { effectGrace, deliveryTimeout, installWorstCase, lostAgentAfter } = SETTINGS.timing;
const SENT = NOW - 100;
const LIMIT = SENT + deliveryTimeout + installWorstCase + effectGrace;

interface Given {
  invocation?: Partial<Invocation> | null;
  target?: Partial<Target>;
  effect?: Partial<Effect>;
  run?: Partial<Run>;
  now?: number;
  /** The instance, when its command goes on for long; null = gone. */
  silent?: Partial<Instance> | null;
  output?: { exitCode: number | null; stdout: string; stderr: string } | Error;
}

function parts(given: Given) {
  const target = buildTarget(1, { stage: 'patching', commandMayRun: true, ...given.target });
  const asked: unknown[] = [];
  const context = {
    now: given.now ?? NOW,
    settings: SETTINGS,
    state: buildState([target], { run: given.run ?? {} }),
    aws: {
      commands: {
        async output(...args: unknown[]) {
          asked.push(args.slice(1));
          const output = given.output ?? { exitCode: 1, stdout: 'out', stderr: ' err ' };
          if (output instanceof Error) throw output;
          return output;
        },
      },
    },
  } as unknown as EffectContext;
  const effect = buildEffect('install', [keyOf(1)], { ref: { commandId: 'c-1' }, ...given.effect });
  return { target, context, effect, asked };
}

async function followed(given: Given) {
  const { target, context, effect, asked } = parts(given);
  const invocation =
    given.invocation === null || given.invocation === undefined
      ? undefined
      : {
          instanceId: target.instance.instanceId,
          status: 'success' as const,
          detail: 'Success',
          startedAt: null,
          endedAt: null,
          ...given.invocation,
        };
  const silent = new Map(
    given.silent === undefined
      ? []
      : [[target.instance.instanceId, given.silent === null ? null : buildInstance(1, given.silent)]],
  );
  const seen = await followTarget(context, effect, target, invocation, silent);
  return { seen, set: seen?.targets[0]?.set, news: seen?.news.map((n) => n.text), locks: seen?.locks, asked };
}

const unknown = (why: string) => ({
  set: {
    stage: 'done',
    outcome: 'unknown',
    outcomeReason: `Nobody knows how the patch command ended: ${why}.`,
    commandMayRun: true,
    nextStep: `Look at the instance (agent, patch log), then /patch resolve k7m2qp ${keyOf(1).split('/')[2]} <what you found>. It stays locked until then.`,
  },
  locks: [{ key: keyOf(1), runId: 'k7m2qp', reason: 'command c-1 may still be going on', until: null }],
});

describe('nothing of a command can start any more', () => {
  it('after its expiry and the grace, or after its worst case where AWS said none', () => {
    const { context } = parts({});
    expect(expiryOf(context, buildEffect('install', [], { ref: { expiresAt: NOW } }))).toBe(
      NOW + effectGrace,
    );
    expect(expiryOf(context, buildEffect('install', [], { ref: {} }))).toBe(LIMIT);
    expect(expiryOf(context, buildEffect('install', [], { ref: null }))).toBe(LIMIT);
  });
});

describe('a patch command that waits for its agent', () => {
  it.each([null, { status: 'waiting' as const }])(
    'is said to once, and stays open: %j',
    async (invocation) => {
      expect((await followed({ invocation })).seen).toMatchObject({
        open: true,
        news: [],
        locks: [],
        targets: [{ set: { invocation: 'waiting' } }],
      });
      expect((await followed({ invocation, target: { invocation: 'waiting' } })).seen).toBeNull();
    },
  );

  it.each([null, { status: 'waiting' as const }])('is unknown past its time: %j', async (invocation) => {
    expect((await followed({ invocation, now: LIMIT })).seen).toMatchObject({ open: true });
    expect(await followed({ invocation, now: LIMIT + 1 })).toMatchObject(
      unknown('Systems Manager never said what became of the patch command'),
    );
  });

  it('is called by its tag in the lock while its id is not known', async () => {
    const { locks } = await followed({ now: LIMIT + 1, effect: { ref: null, tag: 'the tag' } });
    expect(locks?.[0]?.reason).toBe('command the tag may still be going on');
  });
});

describe('a patch command that runs', () => {
  const RUNS = { invocation: { status: 'running' as const } };

  it('is said to once, and stays open', async () => {
    expect((await followed(RUNS)).seen).toMatchObject({
      open: true,
      targets: [{ set: { invocation: 'running' } }],
    });
    expect((await followed({ ...RUNS, target: { invocation: 'running' } })).seen).toBeNull();
  });

  it('is unknown past its time', async () => {
    expect(await followed({ ...RUNS, now: LIMIT + 1 })).toMatchObject(
      unknown('the patch command is past its time and Systems Manager still shows it in progress'),
    );
  });

  const silentFor = (ms: number, ping: Instance['ssm']['ping'] = 'connection_lost') => ({
    ssm: { ping, lastPingAt: NOW - ms, agentVersion: '3' },
  });
  it.each([
    ['gone', null, 'the instance does not exist any more'],
    [
      'stopped',
      { state: 'stopped' as const },
      'the instance is stopped, though the patch command was in progress on it',
    ],
    [
      'silent for long',
      silentFor(lostAgentAfter),
      'its SSM agent has been silent since the patch command began, while EC2 shows the instance running',
    ],
    [
      'silent since ever',
      { ssm: { ping: 'connection_lost' as const, lastPingAt: null, agentVersion: null } },
      'its SSM agent has been silent since the patch command began, while EC2 shows the instance running',
    ],
  ] as [string, Partial<Instance> | null, string][])(
    'is unknown when its instance is %s',
    async (_, silent, why) => {
      expect(await followed({ ...RUNS, silent })).toMatchObject(unknown(why));
    },
  );

  it.each([
    ['is silent for a moment', silentFor(lostAgentAfter - 1)],
    ['reboots', { state: 'pending' as const }],
    ['is online', silentFor(lostAgentAfter, 'online')],
  ] as [string, Partial<Instance>][])('goes on while its instance %s', async (_, silent) => {
    expect((await followed({ ...RUNS, silent })).seen).toMatchObject({ open: true });
  });

  it('has its instance looked at when it runs for long, by its own start or by when it was sent', async () => {
    const { context, effect, target } = parts({});
    const described: string[][] = [];
    const aws = { fleet: { describe: async (_: object, ids: string[]) => described.push(ids) && [] } };
    const part = (changes: Partial<Invocation>) => {
      const { instanceId } = target.instance;
      const invocation = {
        instanceId,
        status: 'running',
        detail: '',
        startedAt: null,
        endedAt: null,
        ...changes,
      };
      const at = { ...context, aws, now: SENT + lostAgentAfter } as unknown as EffectContext;
      return silentInstances(at, effect, [target], new Map([[instanceId, invocation as Invocation]]));
    };
    expect([...(await part({}))]).toEqual([[target.instance.instanceId, null]]);
    expect((await part({ startedAt: SENT })).size).toBe(1);
    expect((await part({ startedAt: SENT + 1 })).size).toBe(0);
    expect((await part({ status: 'waiting' })).size).toBe(0);
    expect(
      (await silentInstances({ ...context, aws } as unknown as EffectContext, effect, [target], new Map()))
        .size,
    ).toBe(0);
    expect(described).toHaveLength(2);
  });
});

describe('a patch command that ended', () => {
  it('well is verified next, and nothing is read of it', async () => {
    const { set, asked, news } = await followed({ invocation: { endedAt: NOW - 5 } });
    expect(set).toMatchObject({
      stage: 'verifying',
      exitCode: 0,
      excerpt: '',
      installedAt: NOW - 5,
      commandMayRun: false,
      invocation: null,
      installEnd: { status: 'success', detail: 'Success' },
    });
    expect([asked, news]).toEqual([[], []]);
    expect((await followed({ invocation: {} })).set?.installedAt).toBe(NOW);
  });

  it.each(['failed', 'timed_out'] as const)('%s is verified too, and its output is told', async (status) => {
    const { set, news, asked } = await followed({ invocation: { status, detail: 'Failed' } });
    expect(set).toMatchObject({ stage: 'verifying', exitCode: 1, excerpt: 'err' });
    expect(set?.nextStep).not.toBe('');
    expect(news).toHaveLength(1);
    expect(news?.[0]).toBe(`web-1 (${keyOf(1).split('/')[2]}): ${set?.outcomeReason} ${set?.nextStep}`);
    expect(asked).toEqual([['c-1', keyOf(1).split('/')[2], 'linux']]);
  });

  it.each(['not_delivered', 'denied', 'cancelled'] as const)(
    '%s before it began is failed',
    async (status) => {
      const { set } = await followed({ invocation: { status, detail: 'Undeliverable' } });
      expect(set).toMatchObject({ stage: 'done', outcome: 'failed', commandMayRun: false });
    },
  );

  it('tells its output to the last 1500 characters, errors first', async () => {
    const output = (stdout: string, stderr: string) =>
      followed({
        invocation: { status: 'failed', detail: 'Failed' },
        output: { exitCode: 1, stdout, stderr },
      });
    expect((await output(' out ', '')).set?.excerpt).toBe('out');
    expect((await output('', 'x'.repeat(1500))).set?.excerpt).toBe('x'.repeat(1500));
    expect((await output('', `a${'x'.repeat(1500)}`)).set?.excerpt).toBe(`…${'x'.repeat(1500)}`);
  });

  it('waits for no output that AWS does not give', async () => {
    const output = new LookFailed('Throttling', 'Slow down.', true);
    const failed = { invocation: { status: 'failed' as const, detail: 'Failed' } };
    expect((await followed({ ...failed, output })).set).toMatchObject({
      exitCode: null,
      excerpt: 'Slow down.',
    });
    await expect(followed({ ...failed, output: new TypeError('a defect') })).rejects.toThrow('a defect');
    expect((await followed({ ...failed, effect: { ref: null } })).asked).toEqual([
      ['', keyOf(1).split('/')[2], 'linux'],
    ]);
  });
});

describe('a patch command whose delivery timed out', () => {
  const timedOut = (target: Partial<Target>, startedAt: number | null = null) =>
    followed({ invocation: { status: 'not_delivered', detail: 'DeliveryTimedOut', startedAt }, target });

  it('is unknown when it was seen running, or its instance was started for it', async () => {
    const why = unknown('Systems Manager reports Delivery Timed Out, which does not prove that it never ran');
    const locks = { locks: why.locks };
    expect(await timedOut({ invocation: 'running' })).toMatchObject(why);
    expect(await timedOut({}, NOW)).toMatchObject(why);
    expect(await timedOut({ power: 'on' })).toMatchObject({
      ...locks,
      set: { outcome: 'unknown', stage: 'powering_off' },
    });
  });

  it('is failed when it never began, as far as anybody can tell', async () => {
    expect((await timedOut({ invocation: 'waiting' })).set).toMatchObject({ outcome: 'failed' });
  });
});

describe('a patch command that was cancelled', () => {
  const cancelled = (run: Partial<Run>, target: Partial<Target> = {}, startedAt: number | null = null) =>
    followed({ invocation: { status: 'cancelled', detail: 'Cancelled', startedAt }, target, run });
  const STOPPED = { stopRequestedAt: NOW };

  it('by the stop of its run is stopped, and no failure', async () => {
    expect(await cancelled(STOPPED)).toMatchObject({
      set: {
        outcome: 'stopped',
        outcomeReason: 'The run was stopped before the patch command started on it.',
        nextStep: '/patch retry takes it up again.',
        installEnd: { status: 'cancelled', detail: 'Cancelled' },
      },
      news: [],
    });
  });

  it('by somebody else is failed', async () => {
    expect((await cancelled({})).set).toMatchObject({ outcome: 'failed' });
  });

  it.each([
    ['was seen running', { invocation: 'running' as const }, null],
    ['had started', {}, NOW],
  ] as [string, Partial<Target>, number | null][])(
    'after it %s is verified, stopped or not',
    async (_, target, startedAt) => {
      for (const run of [STOPPED, {}])
        expect((await cancelled(run, target, startedAt)).set).toMatchObject({
          stage: 'verifying',
          installEnd: { status: 'cancelled', detail: 'CancelledWhileRunning' },
        });
    },
  );

  it('and another end of a stopped run are not mixed up', async () => {
    const { set } = await followed({
      invocation: { status: 'denied', detail: 'AccessDenied' },
      run: STOPPED,
    });
    expect(set).toMatchObject({ outcome: 'failed' });
  });
});
