/** When an image counts as a backup, state by state. */
import { describe, expect, it } from 'vitest';
import { judgeImage } from '../../src/aws/image-verdict.ts';

const verdict = (image: string, snapshot: string) =>
  judgeImage(
    {
      ImageId: 'ami-1',
      State: image,
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: 'snap-1' } }],
    },
    new Map([['snap-1', { SnapshotId: 'snap-1', State: snapshot }]]),
  );

describe('an image', () => {
  it.each([
    ['available', 'completed', 'verified'],
    ['available', 'pending', 'pending'],
    ['available', 'recovering', 'pending'],
    ['available', 'error', 'failed'],
    // Deleted, in the Recycle Bin: it can be brought back, but it restores nothing now.
    ['available', 'recoverable', 'failed'],
    ['pending', 'completed', 'pending'],
    ['transient', 'completed', 'pending'],
    ['transient', 'pending', 'pending'],
    ['pending', 'recoverable', 'failed'],
    ['disabled', 'completed', 'failed'],
    ['deregistered', 'completed', 'failed'],
    ['a state that is not known', 'completed', 'failed'],
  ])('that is %s with a snapshot that is %s is %s', (image, snapshot, state) => {
    expect(verdict(image, snapshot)).toMatchObject({ state });
  });
});
