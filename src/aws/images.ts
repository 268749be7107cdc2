/** The Images port: AMIs as backups. */
import {
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  type Filter,
} from '@aws-sdk/client-ec2';
import * as z from 'zod';
import {
  BACKUP_TAGS,
  type BackupRecord,
  type Images,
  InDoubt,
  LookFailed,
  MANAGED_BY_PATCHDAY,
  NoEffect,
  type Place,
} from '../workflow/ports.ts';
import { type Calls, chunks, eachOf, everyPage, read } from './calls.ts';
import { judgeImage } from './image-verdict.ts';
import type { ZoneAccess } from './options.ts';
import type { Pacer } from './pace.ts';
import { where } from './words.ts';
import { placesOf } from './zones.ts';

const FILTER_VALUES = 200;

const image = z.object({
  ImageId: z.string(),
  Name: z.string().optional(),
  State: z.string(),
  StateReason: z.object({ Message: z.string().optional() }).optional(),
  CreationDate: z.string().optional(),
  SourceInstanceId: z.string().optional(),
  BlockDeviceMappings: z
    .array(
      z.object({
        DeviceName: z.string().optional(),
        Ebs: z.object({ SnapshotId: z.string().optional() }).optional(),
      }),
    )
    .optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string().default('') })).optional(),
});
export type Image = z.output<typeof image>;
const imagesPage = z.object({ Images: z.array(image), NextToken: z.string().optional() });

const snapshot = z.object({
  SnapshotId: z.string(),
  State: z.string(),
  StateMessage: z.string().optional(),
  Progress: z.string().optional(),
});
export type Snapshot = z.output<typeof snapshot>;
const snapshotsPage = z.object({ Snapshots: z.array(snapshot), NextToken: z.string().optional() });

/** Owners is always given: without it DescribeImages lists public images too. */
function ownImages(calls: Calls, place: Place, filters: Filter[]): Promise<Image[]> {
  return everyPage('DescribeImages', place, async (token) => {
    const answer = await calls.ec2.look(
      place,
      new DescribeImagesCommand({
        Owners: ['self'],
        Filters: filters,
        MaxResults: 1_000,
        ...(token ? { NextToken: token } : {}),
      }),
    );
    const page = read(imagesPage, answer, 'DescribeImages', place);
    return { items: page.Images, next: page.NextToken };
  });
}

function ownSnapshots(calls: Calls, place: Place, ids: readonly string[]): Promise<Snapshot[]> {
  return everyPage('DescribeSnapshots', place, async (token) => {
    const answer = await calls.ec2.look(
      place,
      new DescribeSnapshotsCommand({
        OwnerIds: ['self'],
        Filters: [{ Name: 'snapshot-id', Values: [...ids] }],
        MaxResults: 1_000,
        ...(token ? { NextToken: token } : {}),
      }),
    );
    const page = read(snapshotsPage, answer, 'DescribeSnapshots', place);
    return { items: page.Snapshots, next: page.NextToken };
  });
}

/** The filter takes wildcards, so the name is compared again. */
async function byName(calls: Calls, place: Place, name: string): Promise<Image | undefined> {
  const images = await ownImages(calls, place, [{ Name: 'name', Values: [name.replace(/[\\*?]/g, '\\$&')] }]);
  return images.find((one) => one.Name === name && one.State !== 'deregistered');
}

export function createImages(calls: Calls, pacer: Pacer, zones: readonly ZoneAccess[]): Images {
  /** The name is taken: by our own image of the same instance (adopted), by another, or by one not visible yet. */
  async function adopt(place: Place, instanceId: string, name: string, refused: NoEffect): Promise<string> {
    const taken = await byName(calls, place, name).catch((error: unknown) => {
      if (!(error instanceof LookFailed)) throw error;
      throw new NoEffect(
        refused.code,
        `${refused.message} And who holds the name could not be read: ${error.message}`,
        'later',
        {
          cause: error,
        },
      );
    });
    if (!taken) {
      throw new NoEffect(
        refused.code,
        `An image named ${name} exists in ${where(place)} or was deregistered a short while ago, but it is not listed. Nothing was changed; it is looked up again after a pause.`,
        'later',
        { cause: refused },
      );
    }
    const source = sourceOf(taken);
    if (source === instanceId) return taken.ImageId;
    throw new NoEffect(
      refused.code,
      `An image named ${name} exists in ${where(place)} already (${taken.ImageId}), but it was made from ${source ?? 'an unknown instance'}, not from ${instanceId}. Nothing was changed.`,
      'never',
      { cause: refused },
    );
  }

  return {
    async create(place, { instanceId, name, noReboot, tags }) {
      const all = {
        [BACKUP_TAGS.managedBy]: MANAGED_BY_PATCHDAY,
        [BACKUP_TAGS.instance]: instanceId,
        [BACKUP_TAGS.run]: place.runId,
        [BACKUP_TAGS.landingZone]: place.landingZone,
        ...tags,
      };
      const Tags = Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
      try {
        const answer = await pacer.heed(place, 'create_image', () =>
          calls.ec2.change(
            place,
            new CreateImageCommand({
              InstanceId: instanceId,
              Name: name,
              NoReboot: noReboot,
              TagSpecifications: [
                { ResourceType: 'image', Tags },
                { ResourceType: 'snapshot', Tags },
              ],
            }),
            [instanceId],
          ),
        );
        if (answer.ImageId) return answer.ImageId;
      } catch (error) {
        if (!(error instanceof NoEffect) || error.code !== 'InvalidAMIName.Duplicate') throw error;
        return adopt(place, instanceId, name, error);
      }
      throw new InDoubt(
        `CreateImage in ${where(place)} answered without an image id; the image is looked up by its name.`,
      );
    },

    async find(place, { instanceId, name }) {
      const found = await byName(calls, place, name);
      // Of another instance: it is refused, in words, by the Duplicate that the next attempt meets.
      return found && sourceOf(found) === instanceId ? { found: found.ImageId } : 'absent';
    },

    async look(place, imageIds) {
      // By filter: one unknown id among ImageIds would fail the whole call.
      const pieces = await eachOf(chunks(imageIds, FILTER_VALUES), 2, (piece) =>
        ownImages(calls, place, [{ Name: 'image-id', Values: piece }]),
      );
      const images = pieces.flat();
      const snapshotIds = images.flatMap(
        (one) => one.BlockDeviceMappings?.flatMap((device) => device.Ebs?.SnapshotId ?? []) ?? [],
      );
      const snapshots = await eachOf(chunks([...new Set(snapshotIds)], FILTER_VALUES), 2, (piece) =>
        ownSnapshots(calls, place, piece),
      );
      const byId = new Map(snapshots.flat().map((one) => [one.SnapshotId, one]));
      return new Map(images.map((one) => [one.ImageId, judgeImage(one, byId)]));
    },

    async list(landingZone) {
      const { places } = placesOf(zones, landingZone, 'backups');
      const regions = await Promise.all(
        places.map(async (place) => {
          const images = await ownImages(calls, place, [
            { Name: `tag:${BACKUP_TAGS.managedBy}`, Values: [MANAGED_BY_PATCHDAY] },
          ]);
          return images.map((one) => toRecord(place, one));
        }),
      );
      return regions.flat();
    },
  };
}

function toRecord(place: Place, found: Image): BackupRecord {
  const tags = tagsOf(found);
  const instanceId = tags[BACKUP_TAGS.instance] ?? found.SourceInstanceId ?? '';
  return {
    imageId: found.ImageId,
    name: found.Name ?? '',
    instanceId,
    instanceName: tags[BACKUP_TAGS.instanceName] || instanceId,
    landingZone: place.landingZone,
    accountId: place.accountId,
    region: place.region,
    state: found.State,
    runId: tags[BACKUP_TAGS.run] ?? '',
    createdAt: timeOf(found.CreationDate) ?? 0,
    expiresAt: timeOf(tags[BACKUP_TAGS.expiresAt]),
  };
}

function sourceOf(found: Image): string | undefined {
  return found.SourceInstanceId ?? tagsOf(found)[BACKUP_TAGS.instance];
}

function tagsOf(found: Image): Record<string, string> {
  return Object.fromEntries((found.Tags ?? []).map((tag) => [tag.Key, tag.Value]));
}

/** ISO text to ms; null where there is none or a person has spoilt the tag. */
function timeOf(text: string | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}
