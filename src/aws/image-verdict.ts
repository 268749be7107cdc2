/** When an image counts as a backup. Pure. */
import type { BackupLook } from '../workflow/ports.ts';
import type { Image, Snapshot } from './images.ts';

const STILL_MADE = new Set(['pending', 'transient']);

/**
 * Verified: the image is available and every EBS volume mapped in it has a completed snapshot. Instance-store
 * volumes are never part of an image. The SDK's waiter is of no use: it knows `failed` only, and waits for
 * `error` and `invalid` to the end of its time.
 */
export function judgeImage(image: Image, snapshots: ReadonlyMap<string, Snapshot>): BackupLook {
  const reason = image.StateReason?.Message ? `: ${image.StateReason.Message}` : '';
  if (image.State !== 'available' && !STILL_MADE.has(image.State)) {
    return { state: 'failed', text: `image ${image.ImageId} is ${image.State}${reason}` };
  }
  const volumes = (image.BlockDeviceMappings ?? []).filter((device) => device.Ebs !== undefined);
  const states = volumes.map((device) => {
    const id = device.Ebs?.SnapshotId;
    return {
      device: device.DeviceName ?? 'a volume',
      id,
      snapshot: id === undefined ? undefined : snapshots.get(id),
    };
  });
  const broken = states.find(({ snapshot }) => snapshot && BROKEN.has(snapshot.State));
  if (broken?.snapshot) {
    const why = broken.snapshot.StateMessage ? `: ${broken.snapshot.StateMessage}` : '';
    return {
      state: 'failed',
      text: `snapshot ${broken.snapshot.SnapshotId} of ${broken.device} is in state ${broken.snapshot.State}${why}`,
    };
  }
  const done = states.filter(({ snapshot }) => snapshot?.State === 'completed');
  if (image.State === 'available') {
    const bare = states.find(({ id }) => id === undefined);
    if (bare) return { state: 'failed', text: `image ${image.ImageId} has no snapshot of ${bare.device}` };
    if (states.length === 0)
      return { state: 'failed', text: `image ${image.ImageId} contains no EBS volume` };
    if (done.length === states.length) {
      return { state: 'verified', snapshotIds: states.flatMap(({ id }) => id ?? []) };
    }
  }
  const progress = states.flatMap(({ snapshot }) => snapshot?.Progress ?? []).filter((text) => text !== '');
  const detail = states.length === 0 ? '' : `, ${done.length} of ${states.length} snapshots completed`;
  const percent = progress.length > 0 ? ` (${progress.join(', ')})` : '';
  return { state: 'pending', text: `image ${image.State}${reason}${detail}${percent}` };
}

/** `recoverable`: deleted, in the Recycle Bin. */
const BROKEN = new Set(['error', 'recoverable']);
