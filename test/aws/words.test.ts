import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invocationStatus } from '../../src/aws/command-status.ts';
import { judgeImage } from '../../src/aws/image-verdict.ts';
import { installedAtOrAfter } from '../../src/aws/patch-states.ts';
import { judgeChecks } from '../../src/aws/power.ts';
import { matchesPattern } from '../../src/aws/scope.ts';
import { sessionName } from '../../src/aws/sessions.ts';

describe('the state of an invocation', () => {
  it.each([
    ['Pending', 'Pending', 'waiting'],
    ['Delayed', 'Delayed', 'waiting'],
    ['InProgress', 'InProgress', 'running'],
    ['Cancelling', 'Cancelling', 'running'],
    ['Success', 'Success', 'success'],
    ['Failed', 'Failed', 'failed'],
    ['TimedOut', 'Execution Timed Out', 'timed_out'],
    ['TimedOut', 'ExecutionTimedOut', 'timed_out'],
    ['TimedOut', 'Delivery Timed Out', 'not_delivered'],
    ['TimedOut', 'DeliveryTimedOut', 'not_delivered'],
    ['Failed', 'Undeliverable', 'not_delivered'],
    ['Failed', 'Invalid Platform', 'not_delivered'],
    ['Failed', 'Access Denied', 'denied'],
    ['Cancelled', 'Terminated', 'not_delivered'],
    ['Cancelled', 'Cancelled', 'cancelled'],
    ['Success', '', 'success'],
  ] as const)('%s / "%s" is %s', (status, detail, expected) => {
    expect(invocationStatus(status, detail).status).toBe(expected);
  });

  it('counts a word that is not known as running, with the word kept', () => {
    expect(invocationStatus('Paused', 'Paused By Moon')).toEqual({
      status: 'running',
      detail: 'PausedByMoon',
      known: false,
    });
  });

  it('falls back on the status where only the detail is unknown', () => {
    expect(invocationStatus('Failed', 'Some New Reason')).toMatchObject({ status: 'failed', known: true });
  });
});

describe('a name pattern', () => {
  it.each([
    ['web-*', 'WEB-01', true],
    ['web-?', 'web-1', true],
    ['web-?', 'web-12', false],
    ['*db*', 'prod-db-3', true],
    ['web', 'web-1', false],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['**x**', 'x', true],
    ['?', '😀', true],
  ])('%s against %s: %s', (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
  });

  it('agrees with the regular expression that says the same', () => {
    const alphabet = fc
      .array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 8 })
      .map((one) => one.join(''));
    const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((one) => one.join(''));
    fc.assert(
      fc.property(alphabet, text, (pattern, name) => {
        const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        return matchesPattern(pattern, name) === regex.test(name);
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });

  it('stays fast on a pattern made to be slow', () => {
    const started = performance.now();

    expect(matchesPattern(`${'*a'.repeat(40)}b`, 'a'.repeat(256))).toBe(false);

    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('an image counts as a backup', () => {
  const disk = (DeviceName: string, SnapshotId?: string) => ({ DeviceName, Ebs: { SnapshotId } });
  const snapshots = (...states: string[]) =>
    new Map(
      states.map((State, index) => [
        `snap-${index}`,
        { SnapshotId: `snap-${index}`, State, StateMessage: State === 'error' ? 'no key' : undefined },
      ]),
    );

  it('when it is available and every mapped volume has a completed snapshot', () => {
    const image = {
      ImageId: 'ami-1',
      State: 'available',
      BlockDeviceMappings: [
        disk('/dev/xvda', 'snap-0'),
        disk('/dev/sdb', 'snap-1'),
        { DeviceName: '/dev/sdc' },
      ],
    };

    expect(judgeImage(image, snapshots('completed', 'completed'))).toEqual({
      state: 'verified',
      snapshotIds: ['snap-0', 'snap-1'],
    });
  });

  it('not yet while one snapshot is pending, or not listed', () => {
    const image = {
      ImageId: 'ami-1',
      State: 'available',
      BlockDeviceMappings: [disk('/dev/xvda', 'snap-0'), disk('/dev/sdb', 'snap-1')],
    };

    expect(judgeImage(image, snapshots('completed', 'pending'))).toEqual({
      state: 'pending',
      text: 'image available, 1 of 2 snapshots completed',
    });
    expect(judgeImage(image, snapshots('completed')).state).toBe('pending');
  });

  it('not yet while it is pending, even with completed snapshots', () => {
    const image = { ImageId: 'ami-1', State: 'pending', BlockDeviceMappings: [disk('/dev/xvda', 'snap-0')] };

    expect(judgeImage(image, snapshots('completed')).state).toBe('pending');
  });

  it.each(['failed', 'error', 'invalid', 'deregistered', 'disabled', 'something-new'])(
    'never when it is %s',
    (State) => {
      const image = { ImageId: 'ami-1', State, StateReason: { Message: 'Client.InternalError' } };

      expect(judgeImage(image, new Map())).toEqual({
        state: 'failed',
        text: `image ami-1 is ${State}: Client.InternalError`,
      });
    },
  );

  it('never with a broken snapshot, a volume without one, or no volume at all', () => {
    const image = (BlockDeviceMappings: ReturnType<typeof disk>[]) => ({
      ImageId: 'ami-1',
      State: 'available',
      BlockDeviceMappings,
    });

    expect(judgeImage(image([disk('/dev/xvda', 'snap-0')]), snapshots('error'))).toEqual({
      state: 'failed',
      text: 'snapshot snap-0 of /dev/xvda is in state error: no key',
    });
    expect(judgeImage(image([disk('/dev/sdb')]), new Map())).toEqual({
      state: 'failed',
      text: 'image ami-1 has no snapshot of /dev/sdb',
    });
    expect(judgeImage(image([]), new Map()).state).toBe('failed');
  });
});

describe('status checks', () => {
  const status = (system: string, instance: string, ebs?: string) => ({
    InstanceId: 'i-1',
    SystemStatus: { Status: system },
    InstanceStatus: { Status: instance },
    ...(ebs === undefined ? {} : { AttachedEbsStatus: { Status: ebs } }),
  });

  it.each([
    ['running', status('ok', 'ok'), true],
    ['running', status('ok', 'ok', 'ok'), true],
    ['running', status('ok', 'ok', 'not-applicable'), true],
    ['running', status('ok', 'ok', 'impaired'), false],
    ['running', status('ok', 'initializing', 'ok'), false],
    ['running', undefined, false],
    ['stopped', status('ok', 'ok'), false],
  ])('%s, %o: ok is %s', (state, checks, ok) => {
    expect(judgeChecks(state, checks).ok).toBe(ok);
  });
});

describe('what an install put on', () => {
  const noon = Date.UTC(2026, 4, 3, 12);

  it.each([
    ['a minute later', new Date(noon + 60_000), true],
    ['at that instant', new Date(noon), true],
    ['a minute before', new Date(noon - 60_000), false],
    ['a stamp of the same day only (Windows)', new Date(Date.UTC(2026, 4, 3)), true],
    ['a stamp of the day before', new Date(Date.UTC(2026, 4, 2)), false],
    ['no time at all', undefined, false],
  ])('%s: %s', (_, at, expected) => {
    expect(installedAtOrAfter(at, noon)).toBe(expected);
  });
});

describe('the session name', () => {
  it('carries the run in what STS allows', () => {
    expect(sessionName('k3x9')).toBe('patchday-k3x9');
    expect(sessionName('über run/1')).toBe('patchday--ber-run-1');
    expect(sessionName('x'.repeat(100))).toHaveLength(64);
  });
});
