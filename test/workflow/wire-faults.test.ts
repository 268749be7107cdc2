/**
 * What goes wrong on the wire, on the two calls that change something for good. The witness is the simulator's
 * ledger: an effect reaches an instance at most once, and the run ends right all the same.
 */
import { describe, expect, it } from 'vitest';
import type { FaultKind } from '../../sandbox/aws/faults.ts';
import { effects, expectNothingTwice, outcomes, startBot, timesOn, wholeRun } from './wire-support.ts';

const NO_EFFECT: [FaultKind, 'before' | 'after'][] = [['throttle', 'before']];
const IN_DOUBT: [FaultKind, 'before' | 'after'][] = [
  ['reset', 'before'],
  ['reset', 'after'],
  ['http500', 'before'],
  ['http500', 'after'],
  ['http503', 'before'],
  ['http503', 'after'],
  ['stall', 'before'],
  ['stall', 'after'],
];
const ALL = [...NO_EFFECT, ...IN_DOUBT];
/** The same on calls that may be repeated without harm: one of each sort is enough. */
const SOME: typeof ALL = [
  ...NO_EFFECT,
  ['reset', 'before'],
  ['reset', 'after'],
  ['http500', 'after'],
  ['stall', 'after'],
];
/** A stalled call takes as long as its time-out; in the tests that is short. */
const options = { apiTimeoutMs: 300, timing: { effectGrace: 120 } };
const patched = { 'linux-1': 'patched', 'linux-2': 'patched' };

describe('CreateImage that meets', () => {
  for (const [kind, when] of ALL) {
    it(`${kind} ${when} the effect makes one image per instance, and the run ends well`, async () => {
      const bot = await startBot({}, options);
      bot.sim.control.fault({ operation: 'CreateImage', when, kind, times: 2 });
      const view = await wholeRun(bot);

      expect(bot.sim.control.firedFaults()).toBe(2);
      expect(outcomes(view)).toEqual(patched);
      expect(Object.values(timesOn(bot.sim, 'CreateImage'))).toEqual([1, 1]);
      expect(view.targets.every((t) => t.backupVerified)).toBe(true);
      expectNothingTwice(bot.sim);
      expect(bot.errors).toEqual([]);
    });
  }

  it('an answer that is lost while the image stays hidden makes no second image', async () => {
    const bot = await startBot(
      { linux: 1 },
      { ...options, timing: { effectGrace: 150, backupTimeout: 700 } },
    );
    bot.sim.control.fault({ operation: 'CreateImage', when: 'after', kind: 'http500' });
    bot.sim.control.fault({ operation: 'CreateImage', when: 'after', kind: 'hide' });
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'skipped' });
    expect(effects(bot.sim, 'CreateImage')).toHaveLength(1);
    expect(bot.sim.control.instance('linux-1').counters.installs).toBe(0);
  });

  it('a denied permission patches nothing, and says which', async () => {
    const bot = await startBot({}, options);
    bot.sim.control.fault({ operation: 'CreateImage', when: 'before', kind: 'denied', times: 'always' });
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'skipped', 'linux-2': 'skipped' });
    expect(view.targets[0]?.outcomeReason).toContain('CreateImage');
    expect(effects(bot.sim, 'SendCommand')).toEqual([]);
  });
});

describe('an Install that meets', () => {
  for (const kind of ['throttle'] as const) {
    it(`${kind} is sent again after a pause`, async () => {
      const bot = await startBot({}, options);
      bot.sim.control.fault({
        operation: 'SendCommand',
        when: 'before',
        kind,
        times: 3,
        match: { parameter: { Operation: 'Install' } },
      });
      const view = await wholeRun(bot);

      expect(bot.sim.control.firedFaults()).toBe(3);
      expect(outcomes(view)).toEqual(patched);
      expectNothingTwice(bot.sim);
    });
  }

  for (const kind of ['reset', 'http500', 'http503', 'stall'] as const) {
    it(`${kind} after the effect is found by its comment and followed, never sent again`, async () => {
      const bot = await startBot({}, { ...options, timing: { effectGrace: 1_500 } });
      bot.sim.control.fault({
        operation: 'SendCommand',
        when: 'after',
        kind,
        match: { parameter: { Operation: 'Install' } },
      });
      const view = await wholeRun(bot);

      expect(bot.sim.control.firedFaults()).toBe(1);
      expect(outcomes(view)).toEqual(patched);
      expect(effects(bot.sim, 'SendCommand', 'Install')).toHaveLength(1);
      expect(bot.store.auditRows(view.run.id).map((r) => r.action)).toContain('effect.adopted');
      expectNothingTwice(bot.sim);
    });
  }

  it('a permission that is denied ends as failed, instance by instance, and says so', async () => {
    const bot = await startBot({ linux: 3 }, options);
    bot.sim.control.fault({ operation: 'SendCommand', when: 'before', kind: 'denied', times: 'always' });
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'failed', 'linux-2': 'failed', 'linux-3': 'failed' });
    expect(view.targets[0]?.outcomeReason).toContain('SendCommand');
  });

  it('one bad id among good ones reaches the good ones once', async () => {
    let spoil = () => {};
    const bot = await startBot(
      { linux: 3 },
      {
        ...options,
        awsHooks: { before: ({ operation }) => (operation === 'SendCommand' ? spoil() : undefined) },
      },
    );
    // Gone from Systems Manager after the last look: the refusal names the bad id.
    spoil = () => void bot.sim.control.setInstance('linux-2', { managed: false });
    const view = await wholeRun(bot);

    expect(outcomes(view)).toEqual({ 'linux-1': 'patched', 'linux-2': 'failed', 'linux-3': 'patched' });
    expect(
      bot.sim.control
        .ledger()
        .filter((e) => e.operation === 'SendCommand' && e.error === 'InvalidInstanceId'),
    ).toHaveLength(1);
    expectNothingTwice(bot.sim);
  });
});

describe('a verifying Scan that meets', () => {
  for (const [kind, when] of SOME) {
    it(`${kind} ${when} the effect is repeated or adopted, and the instances are verified`, async () => {
      const bot = await startBot({}, options);
      bot.sim.control.fault({
        operation: 'SendCommand',
        when,
        kind,
        match: { parameter: { Operation: 'Scan' } },
      });
      const view = await wholeRun(bot);

      expect(bot.sim.control.firedFaults()).toBe(1);
      expect(outcomes(view)).toEqual(patched);
      expectNothingTwice(bot.sim);
    });
  }
});

describe('Start and Stop that meet', () => {
  for (const operation of ['StartInstances', 'StopInstances']) {
    for (const [kind, when] of SOME) {
      it(`${operation}: ${kind} ${when} the effect are repeated without harm`, async () => {
        const bot = await startBot(
          { linux: 1, instances: { 'linux-1': { state: 'stopped' } } },
          { ...options, policy: { stoppedInstances: 'start' } },
        );
        bot.sim.control.fault({ operation, when, kind });
        const view = await wholeRun(bot);

        expect(bot.sim.control.firedFaults()).toBe(1);
        expect(outcomes(view)).toEqual({ 'linux-1': 'patched' });
        expect(bot.sim.control.instance('linux-1')).toMatchObject({
          state: 'stopped',
          counters: { starts: 1 },
        });
        expectNothingTwice(bot.sim);
      });
    }
  }
});

describe('reads that fail', () => {
  for (const operation of [
    'DescribeImages',
    'ListCommandInvocations',
    'DescribeInstances',
    'DescribeInstancePatchStates',
    'GetCallerIdentity',
  ]) {
    it(`(${operation}) for a while hold the run up and change nothing about its end`, async () => {
      const bot = await startBot({}, options);
      const runId = await bot.scan();
      await bot.reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
      bot.sim.control.fault({ operation, when: 'before', kind: 'http500', times: 5 });
      await bot.approve(runId);
      const view = await bot.ended(runId, 25_000);

      expect(bot.sim.control.firedFaults()).toBeGreaterThan(0);
      expect(outcomes(view)).toEqual(patched);
      expectNothingTwice(bot.sim);
    });
  }
});
