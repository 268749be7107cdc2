import type * as EC2 from '@aws-sdk/client-ec2';
import { ApiError } from '../wire/api-error.ts';
import {
  createImage,
  deregisterImage,
  imageHoldingName,
  imageIsShown,
  pendingSnapshotsOf,
} from '../world/images.ts';
import type { SimImage } from '../world/model.ts';
import type { World } from '../world/world.ts';
import {
  byIds,
  ec2Filter,
  ec2Pages,
  missingParameter,
  readTagSpecifications,
  refuseIdsWithMaxResults,
  tagList,
} from './ec2-common.ts';
import { chooseInstances, unfilteredBucket } from './ec2-instances.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { page } from './paging.ts';
import { publicImages } from './public-images.ts';

/** The stricter of the two published character sets. */
const NAME = /^[A-Za-z0-9()[\] ./'@_-]{3,128}$/;
const PENDING_SNAPSHOTS_PER_VOLUME: Record<string, number> = { st1: 1, sc1: 1 };
const PENDING_SNAPSHOTS_USUALLY = 5;

export const createImageOperation: Operation = operation<EC2.CreateImageRequest, EC2.CreateImageResult>({
  service: 'ec2',
  name: 'CreateImage',
  allowed: ['patch'],
  mutating: true,
  bucket: () => 'ec2:mutate',
  handle(input, call) {
    const { world, identity, region } = call;
    if (!input.InstanceId) throw missingParameter('InstanceId');
    if (!input.Name) throw missingParameter('Name');
    if (!NAME.test(input.Name)) {
      throw new ApiError(
        'InvalidAMIName.Malformed',
        `AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'`,
      );
    }
    const tags = readTagSpecifications(input.TagSpecifications, ['image', 'snapshot']);
    const [instance] = chooseInstances(call, [input.InstanceId]);
    if (!instance) throw missingParameter('InstanceId');
    if (instance.state !== 'running' && instance.state !== 'stopped') {
      throw new ApiError(
        'IncorrectState',
        `Instance '${instance.id}' is not in a state from which an image can be made (${instance.state}).`,
      );
    }
    const holder = imageHoldingName(world, identity.accountId, region, input.Name);
    if (holder) {
      throw new ApiError(
        'InvalidAMIName.Duplicate',
        `AMI name ${input.Name} is already in use by AMI ${holder.id}`,
      );
    }
    for (const volumeId of instance.volumeIds) {
      const type = world.volumes.get(volumeId)?.type ?? 'gp3';
      if (
        pendingSnapshotsOf(world, volumeId) >=
        (PENDING_SNAPSHOTS_PER_VOLUME[type] ?? PENDING_SNAPSHOTS_USUALLY)
      ) {
        throw new ApiError(
          'ConcurrentSnapshotLimitExceeded',
          'Maximum allowed in-progress snapshots for a single volume exceeded.',
        );
      }
    }
    const image = createImage(world, instance, {
      name: input.Name,
      description: input.Description ?? '',
      noReboot: input.NoReboot ?? false,
      imageTags: tags.get('image') ?? [],
      snapshotTags: tags.get('snapshot') ?? [],
    });
    return { ImageId: image.id };
  },
  parameters: (input) => ({
    instanceIds: input.InstanceId ?? '',
    name: input.Name ?? '',
    NoReboot: String(input.NoReboot ?? false),
  }),
  results: (output) => ({ imageId: output.ImageId ?? '' }),
});

const IMAGE_FILTERS: Record<string, (image: SimImage) => readonly string[]> = {
  'image-id': (i) => [i.id],
  name: (i) => [i.name],
  state: (i) => [i.state],
  description: (i) => [i.description],
  'owner-id': (i) => [i.accountId],
  'is-public': (i) => [String(i.isPublic)],
  'source-instance-id': (i) => [i.sourceInstanceId],
  'root-device-type': () => ['ebs'],
  'image-type': () => ['machine'],
  'block-device-mapping.snapshot-id': (i) => i.devices.map((d) => d.snapshotId),
};

export const describeImages: Operation = operation<EC2.DescribeImagesRequest, EC2.DescribeImagesResult>({
  service: 'ec2',
  name: 'DescribeImages',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: unfilteredBucket,
  handle(input, call) {
    refuseIdsWithMaxResults('imagesSet', input.ImageIds, input.MaxResults);
    const shown = imagesShownTo(call);
    const byId = new Map(shown.map((image) => [image.id, image]));
    const chosen = input.ImageIds?.length
      ? byIds(input.ImageIds, 'ami', (id) => byId.get(id), {
          notFound: 'InvalidAMIID.NotFound',
          malformed: 'InvalidAMIID.Malformed',
          what: 'image',
        })
      : shown;
    const owned = input.Owners?.length
      ? chosen.filter((i) => isOwnedBy(i, input.Owners ?? [], call))
      : chosen;
    const matching = ec2Filter(owned, input.Filters, (i) => i.tags, IMAGE_FILTERS);
    const { items, nextToken } = page(
      matching,
      (i) => i.id,
      [input.Owners, input.Filters],
      { maxResults: input.MaxResults, nextToken: input.NextToken },
      ec2Pages(1),
    );
    return { Images: items.map((image) => describe(call.world, image)), NextToken: nextToken };
  },
});

/** Own images and public ones: a caller who forgets Owners sees strangers' images, as in life. */
function imagesShownTo(call: Call): SimImage[] {
  const own = [...call.world.images.values()].filter(
    (i) => i.accountId === call.identity.accountId && i.region === call.region && imageIsShown(call.world, i),
  );
  return [...own, ...publicImages(call.world, call.region)].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function isOwnedBy(image: SimImage, owners: string[], call: Call): boolean {
  return owners.some((owner) => {
    if (owner === 'self') return image.accountId === call.identity.accountId;
    if (owner === 'amazon') return image.isPublic;
    return owner === image.accountId;
  });
}

function describe(world: World, image: SimImage): EC2.Image {
  return {
    ImageId: image.id,
    Name: image.name,
    Description: image.description,
    State: image.state,
    ...(image.stateReason && {
      StateReason: { Code: image.stateReason.code, Message: image.stateReason.message },
    }),
    CreationDate: new Date(image.createdAt).toISOString(),
    OwnerId: image.accountId,
    Public: image.isPublic,
    Architecture: 'x86_64',
    ImageType: 'machine',
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    RootDeviceType: 'ebs',
    RootDeviceName: image.rootDevice,
    ImageLocation: `${image.accountId}/${image.name}`,
    ...(image.platform === 'windows' && { Platform: 'Windows' as const }),
    PlatformDetails: image.platform === 'windows' ? 'Windows' : 'Linux/UNIX',
    ...(image.sourceInstanceId && { SourceInstanceId: image.sourceInstanceId }),
    BlockDeviceMappings: image.devices.map((d) => ({
      DeviceName: d.device,
      Ebs: {
        SnapshotId: d.snapshotId,
        VolumeSize: d.sizeGiB,
        VolumeType: d.type as EC2.VolumeType,
        DeleteOnTermination: true,
        Encrypted: world.snapshots.has(d.snapshotId),
      },
    })),
    Tags: tagList(image.tags),
  };
}

export const deregisterImageOperation: Operation = operation<
  EC2.DeregisterImageRequest,
  EC2.DeregisterImageResult
>({
  service: 'ec2',
  name: 'DeregisterImage',
  allowed: ['patch'],
  mutating: true,
  bucket: () => 'ec2:deregister',
  handle(input, call) {
    if (!input.ImageId) throw missingParameter('ImageId');
    const [image] = byIds([input.ImageId], 'ami', (id) => ownImage(call, id), {
      notFound: 'InvalidAMIID.NotFound',
      malformed: 'InvalidAMIID.Malformed',
      what: 'image',
    });
    if (!image) throw missingParameter('ImageId');
    if (image.deregisteredAt !== null) {
      throw new ApiError('InvalidAMIID.Unavailable', `The image ID '${image.id}' is no longer available`);
    }
    const deletions = deregisterImage(call.world, image, input.DeleteAssociatedSnapshots ?? false);
    return {
      Return: true,
      ...(input.DeleteAssociatedSnapshots && {
        DeleteSnapshotResults: deletions.map((d) => ({ SnapshotId: d.snapshotId, ReturnCode: d.returnCode })),
      }),
    };
  },
  parameters: (input) => ({
    imageId: input.ImageId ?? '',
    DeleteAssociatedSnapshots: String(input.DeleteAssociatedSnapshots ?? false),
  }),
});

function ownImage(call: Call, id: string): SimImage | undefined {
  const image = call.world.images.get(id);
  return image?.accountId === call.identity.accountId && image.region === call.region ? image : undefined;
}
