/** Patch state of instances, from SSM's compliance records. */
import { DescribeInstancePatchesCommand, DescribeInstancePatchStatesCommand } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import type { MissingPatch, PatchCounts } from '../workflow/instance.ts';
import { LookFailed, type PatchStateLook, type PatchStates, type Place } from '../workflow/ports.ts';
import { type Calls, chunks, eachOf, everyPage, read } from './calls.ts';
import type { AwsLog } from './options.ts';
import { where } from './words.ts';

/** DescribeInstancePatchStates takes at most 50 ids. */
const IDS_PER_CALL = 50;
const CALLS_AT_ONCE = 4;
const DAY_MS = 86_400_000;

const count = z.number().int().nonnegative();
const patchState = z.object({
  InstanceId: z.string(),
  Operation: z.enum(['Scan', 'Install']),
  OperationEndTime: z.date(),
  SnapshotId: z.string().optional(),
  InstalledCount: count.optional(),
  InstalledPendingRebootCount: count.optional(),
  MissingCount: count.optional(),
  FailedCount: count.optional(),
  CriticalNonCompliantCount: count.optional(),
  SecurityNonCompliantCount: count.optional(),
  OtherNonCompliantCount: count.optional(),
});
const statesPage = z.object({ InstancePatchStates: z.array(patchState), NextToken: z.string().optional() });

const patch = z.object({
  Title: z.string().default(''),
  KBId: z.string().default(''),
  Classification: z.string().default(''),
  Severity: z.string().default(''),
  State: z.string(),
  InstalledTime: z.date().optional(),
  CVEIds: z.string().optional(),
});
type Patch = z.output<typeof patch>;
const patchesPage = z.object({ Patches: z.array(patch), NextToken: z.string().optional() });

/** Counts are null where the record lacks one that a decision rests on: unknown, not nothing. */
export interface PatchRecord extends Omit<PatchStateLook, 'counts'> {
  counts: PatchCounts | null;
  /** The first count that is lacking. */
  lacks: string | null;
}

/** Patch records by instance id. Instances that were never scanned are absent. */
export async function patchRecords(
  calls: Calls,
  place: Place,
  ids: readonly string[],
): Promise<Map<string, PatchRecord>> {
  const pieces = await eachOf(chunks(ids, IDS_PER_CALL), CALLS_AT_ONCE, (piece) =>
    everyPage('DescribeInstancePatchStates', place, async (token) => {
      const answer = await calls.ssm.look(
        place,
        new DescribeInstancePatchStatesCommand({
          InstanceIds: piece,
          MaxResults: 100,
          ...(token ? { NextToken: token } : {}),
        }),
      );
      const page = read(statesPage, answer, 'DescribeInstancePatchStates', place);
      return { items: page.InstancePatchStates, next: page.NextToken };
    }),
  );
  return new Map(pieces.flat().map((state) => [state.InstanceId, toRecord(state)]));
}

function toRecord(state: z.output<typeof patchState>): PatchRecord {
  const { MissingCount, FailedCount, InstalledCount, InstalledPendingRebootCount } = state;
  const record = {
    operation: state.Operation,
    endedAt: state.OperationEndTime.getTime(),
    snapshotId: state.SnapshotId || null,
  };
  if (
    MissingCount === undefined ||
    FailedCount === undefined ||
    InstalledCount === undefined ||
    InstalledPendingRebootCount === undefined
  ) {
    const needed = { MissingCount, FailedCount, InstalledCount, InstalledPendingRebootCount };
    const lacks = Object.entries(needed).find(([, value]) => value === undefined)?.[0] ?? null;
    return { ...record, counts: null, lacks };
  }
  return {
    ...record,
    lacks: null,
    counts: {
      missing: MissingCount,
      failed: FailedCount,
      pendingReboot: InstalledPendingRebootCount,
      installed: InstalledCount,
      critical: state.CriticalNonCompliantCount ?? 0,
      security: state.SecurityNonCompliantCount ?? 0,
      other: state.OtherNonCompliantCount ?? 0,
    },
  };
}

/** The patches of one instance in some states. AWS writes states in two ways (InstalledOther, INSTALLED_OTHER). */
async function patchesIn(
  calls: Calls,
  place: Place,
  instanceId: string,
  states: readonly string[],
): Promise<Patch[]> {
  const patches = await everyPage('DescribeInstancePatches', place, async (token) => {
    const answer = await calls.ssm.look(
      place,
      new DescribeInstancePatchesCommand({
        InstanceId: instanceId,
        Filters: [{ Key: 'State', Values: [...states] }],
        MaxResults: 100,
        ...(token ? { NextToken: token } : {}),
      }),
    );
    const page = read(patchesPage, answer, 'DescribeInstancePatches', place);
    return { items: page.Patches, next: page.NextToken };
  });
  const wanted = new Set(states.map(plain));
  return patches.filter((one) => wanted.has(plain(one.State)));
}

function plain(state: string): string {
  return state.replace(/[_\s]/g, '').toLowerCase();
}

/** Missing and failed patches of one instance; only these carry CVE ids. */
export async function missingPatches(
  calls: Calls,
  place: Place,
  instanceId: string,
): Promise<MissingPatch[]> {
  const patches = await patchesIn(calls, place, instanceId, ['Missing', 'Failed']);
  return patches.map((one) => ({
    title: one.Title,
    kbId: one.KBId,
    classification: one.Classification,
    severity: one.Severity,
    state: one.State,
    cveIds: (one.CVEIds ?? '').split(/[\s,;]+/).filter((id) => id !== ''),
  }));
}

/**
 * Windows tells the day of an install only (midnight), so such a stamp counts from the beginning of the day of
 * `since`; a patch without a time is not listed.
 */
export function installedAtOrAfter(installedAt: Date | undefined, since: number): boolean {
  if (!installedAt) return false;
  const at = installedAt.getTime();
  return at >= (at % DAY_MS === 0 ? since - (since % DAY_MS) : since);
}

export function createPatchStates(calls: Calls, log: AwsLog): PatchStates {
  return {
    async look(place, instanceIds) {
      const looks = new Map<string, PatchStateLook>();
      for (const [id, { lacks, counts, ...record }] of await patchRecords(calls, place, instanceIds)) {
        if (counts === null) {
          log.warn({ instanceId: id, field: lacks }, 'patch state without a count that is needed');
          throw new LookFailed(
            'IncompleteAnswer',
            `DescribeInstancePatchStates in ${where(place)} answered for ${id} without ${lacks}, so it cannot be judged. Scan the instance again.`,
            true,
          );
        }
        looks.set(id, { ...record, counts });
      }
      return looks;
    },
    async installedSince(place, instanceId, since) {
      const patches = await patchesIn(calls, place, instanceId, ['Installed', 'InstalledPendingReboot']);
      return patches
        .filter((one) => installedAtOrAfter(one.InstalledTime, since))
        .map((one) => ({ title: one.Title, kbId: one.KBId, severity: one.Severity, state: one.State }));
    },
    async stillMissing(place, instanceId) {
      const patches = await patchesIn(calls, place, instanceId, ['Missing', 'Failed']);
      return patches.map((one) => one.Title || one.KBId);
    },
  };
}
