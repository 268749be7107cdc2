import type { SimImage, SimInstance, SimSnapshot } from './model.ts';
import { rebootFromOutside } from './power.ts';
import { behave } from './script.ts';
import type { World } from './world.ts';

export interface ImageRequest {
  name: string;
  description: string;
  noReboot: boolean;
  imageTags: [string, string][];
  snapshotTags: [string, string][];
}

/** A deregistered image is still shown this long, and its name stays taken for longer (life milliseconds). */
const SHOWN_AFTER_DEREGISTRATION_MS = 60_000;
const NAME_HELD_MS = 5 * 60_000;

/** The image that holds a name in an account and region, also for a while after it was deregistered. */
export function imageHoldingName(
  world: World,
  accountId: string,
  region: string,
  name: string,
): SimImage | undefined {
  const heldFrom = world.now() - world.clock.duration(NAME_HELD_MS);
  for (const image of world.images.values()) {
    if (image.accountId !== accountId || image.region !== region || image.name !== name) continue;
    if (image.deregisteredAt === null || image.deregisteredAt > heldFrom) return image;
  }
  return undefined;
}

/** Whether Describe calls show the image: not yet (eventual consistency), or no more. */
export function imageIsShown(world: World, image: SimImage): boolean {
  if (world.now() < image.visibleFrom) return false;
  if (image.deregisteredAt === null) return true;
  return world.now() < image.deregisteredAt + world.clock.duration(SHOWN_AFTER_DEREGISTRATION_MS);
}

/** How many snapshots of a volume are still being made. */
export function pendingSnapshotsOf(world: World, volumeId: string): number {
  let count = 0;
  for (const snapshot of world.snapshots.values()) {
    if (snapshot.volumeId === volumeId && snapshot.state === 'pending' && !snapshot.deleted) count += 1;
  }
  return count;
}

/** Begins an image of an instance: pending now, then as the instance's behaviour says. */
export function createImage(world: World, instance: SimInstance, request: ImageRequest): SimImage {
  const behaviour = behave(world, instance, 'image', 'available');
  const now = world.now();
  const id = world.newId('ami');
  instance.counters.imagesBegun += 1;
  const life = world.lifeOf(instance, 'image', request.name);
  const lag = behaviour === 'snapshot_lags' ? life : 0;
  const endsAlone = behaviour === 'available' || behaviour === 'snapshot_lags';
  const snapshots = instance.volumeIds.flatMap((volumeId, index) => {
    const volume = world.volumes.get(volumeId);
    if (!volume) return [];
    const share = (index + 1) / (instance.volumeIds.length + 1);
    const takes = endsAlone ? life * (0.5 + share / 2) + lag : life;
    const snapshot: SimSnapshot = {
      id: world.newId('snap'),
      accountId: instance.accountId,
      region: instance.region,
      volumeId,
      sizeGiB: volume.sizeGiB,
      state: 'pending',
      stateMessage: '',
      startedAt: now,
      completesAt: endsAlone ? now + world.clock.duration(takes) : null,
      description: `Created by CreateImage(${instance.id}) for ${id}`,
      tags: new Map(request.snapshotTags),
      deleted: false,
    };
    world.snapshots.set(snapshot.id, snapshot);
    if (endsAlone) world.scheduler.after(takes, () => finishSnapshot(world, snapshot, 'completed'));
    return [{ snapshot, volume }];
  });
  const image: SimImage = {
    id,
    accountId: instance.accountId,
    region: instance.region,
    name: request.name,
    description: request.description,
    sourceInstanceId: instance.id,
    state: 'pending',
    stateReason: null,
    createdAt: now,
    deregisteredAt: null,
    visibleFrom: now + world.clock.duration(world.options.visibilityDelayMs),
    devices: snapshots.map(({ snapshot, volume }) => ({
      device: volume.device,
      snapshotId: snapshot.id,
      sizeGiB: volume.sizeGiB,
      type: volume.type,
    })),
    rootDevice: instance.definition.volumes[0]?.device ?? '/dev/xvda',
    platform: instance.definition.platform,
    tags: new Map(request.imageTags),
    noReboot: request.noReboot,
    isPublic: false,
  };
  world.images.set(id, image);
  if (!request.noReboot && instance.state === 'running') rebootFromOutside(world, instance);
  if (behaviour !== 'hangs') {
    world.scheduler.after(life, () =>
      finishImage(
        world,
        image,
        behaviour,
        snapshots.map((s) => s.snapshot),
      ),
    );
  }
  world.emit('image', id);
  return image;
}

function finishImage(
  world: World,
  image: SimImage,
  behaviour: 'available' | 'failed' | 'error' | 'invalid' | 'snapshot_error' | 'snapshot_lags',
  snapshots: SimSnapshot[],
): void {
  if (image.state !== 'pending') return;
  if (behaviour === 'available' || behaviour === 'snapshot_lags') {
    image.state = 'available';
  } else if (behaviour === 'snapshot_error') {
    image.state = 'available';
    snapshots.forEach((snapshot, index) => {
      finishSnapshot(world, snapshot, index === snapshots.length - 1 ? 'error' : 'completed');
    });
  } else {
    image.state = behaviour;
    image.stateReason = {
      code: 'Server.InternalError',
      message: 'Server.InternalError: Internal error on snapshot creation',
    };
    for (const snapshot of snapshots) finishSnapshot(world, snapshot, 'error');
  }
  world.emit('image', image.id);
}

function finishSnapshot(world: World, snapshot: SimSnapshot, state: 'completed' | 'error'): void {
  if (snapshot.state !== 'pending') return;
  snapshot.state = state;
  snapshot.completesAt = world.now();
  if (state === 'error') snapshot.stateMessage = 'The snapshot could not be completed';
  world.emit('image', snapshot.id);
}

export type SnapshotDeletion = {
  snapshotId: string;
  returnCode: 'success' | 'skipped' | 'missing-permissions';
};

/** Deregisters an image and, if asked, deletes its snapshots; which ones stayed is in the answer. */
export function deregisterImage(world: World, image: SimImage, deleteSnapshots: boolean): SnapshotDeletion[] {
  image.deregisteredAt = world.now();
  image.state = 'deregistered';
  world.emit('image', image.id);
  if (!deleteSnapshots) return [];
  const source = world.instances.get(image.sourceInstanceId);
  return image.devices.flatMap(({ snapshotId }): SnapshotDeletion[] => {
    const snapshot = world.snapshots.get(snapshotId);
    if (!snapshot || snapshot.deleted) return [];
    const isShared = [...world.images.values()].some(
      (other) => other.deregisteredAt === null && other.devices.some((d) => d.snapshotId === snapshotId),
    );
    if (isShared) return [{ snapshotId, returnCode: 'skipped' }];
    if (source?.behaviour.snapshotsStay) return [{ snapshotId, returnCode: 'missing-permissions' }];
    snapshot.deleted = true;
    return [{ snapshotId, returnCode: 'success' }];
  });
}
