/** The Power port: start, stop, and how instances are. */
import {
  DescribeInstanceStatusCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { NoEffect, type Place, type Power, type StatusChecks } from '../workflow/ports.ts';
import { type Calls, chunks, eachOf, everyPage, read } from './calls.ts';
import { type Ec2Instance, findInstances } from './instances.ts';
import type { Pacer } from './pace.ts';

/** Ids in one DescribeInstanceStatus. */
const STATUS_IDS = 100;

const check = z.object({ Status: z.string() });
const instanceStatus = z.object({
  InstanceId: z.string(),
  SystemStatus: check,
  InstanceStatus: check,
  /** Only where EBS volumes are attached, and not in all regions. */
  AttachedEbsStatus: check.optional(),
});
export type InstanceStatus = z.output<typeof instanceStatus>;
const statusPage = z.object({ InstanceStatuses: z.array(instanceStatus), NextToken: z.string().optional() });

export function createPower(calls: Calls, pacer: Pacer): Power {
  async function statuses(place: Place, ids: readonly string[]): Promise<Map<string, InstanceStatus>> {
    const pieces = await eachOf(chunks(ids, STATUS_IDS), 2, (piece) =>
      everyPage('DescribeInstanceStatus', place, async (token) => {
        const answer = await calls.ec2.look(
          place,
          // MaxResults may not go together with ids.
          new DescribeInstanceStatusCommand({
            InstanceIds: piece,
            IncludeAllInstances: true,
            ...(token ? { NextToken: token } : {}),
          }),
        );
        const page = read(statusPage, answer, 'DescribeInstanceStatus', place);
        return { items: page.InstanceStatuses, next: page.NextToken };
      }),
    );
    return new Map(pieces.flat().map((one) => [one.InstanceId, one]));
  }

  return {
    async start(place, instanceIds) {
      needSome(instanceIds);
      await pacer.heed(place, 'start', () =>
        calls.ec2.change(place, new StartInstancesCommand({ InstanceIds: [...instanceIds] }), instanceIds),
      );
    },

    async stop(place, instanceIds) {
      needSome(instanceIds);
      await pacer.heed(place, 'stop', () =>
        calls.ec2.change(place, new StopInstancesCommand({ InstanceIds: [...instanceIds] }), instanceIds),
      );
    },

    async look(place, instanceIds) {
      if (instanceIds.length === 0) return new Map();
      const found = await findInstances(calls, place, instanceIds);
      const running = found.filter((one) => one.State.Name === 'running').map((one) => one.InstanceId);
      const checks = await statuses(place, running);
      return new Map(
        found.map((one) => [
          one.InstanceId,
          {
            state: one.State.Name,
            stateReason: reasonOf(one),
            checks: judgeChecks(one.State.Name, checks.get(one.InstanceId)),
          },
        ]),
      );
    },
  };
}

function reasonOf(instance: Ec2Instance): string {
  return instance.StateReason?.Message || instance.StateTransitionReason || '';
}

/** All that EC2 reports must be ok; the third check, for attached EBS volumes, is not reported everywhere. */
export function judgeChecks(state: string, status: InstanceStatus | undefined): StatusChecks {
  if (state !== 'running') return { ok: false, text: `not running (${state})` };
  if (!status) return { ok: false, text: 'no status checks reported yet' };
  const parts = [
    ['system', status.SystemStatus.Status],
    ['instance', status.InstanceStatus.Status],
    ...(status.AttachedEbsStatus && status.AttachedEbsStatus.Status !== 'not-applicable'
      ? [['attached EBS', status.AttachedEbsStatus.Status]]
      : []),
  ];
  return {
    ok: parts.every(([, value]) => value === 'ok'),
    text: parts.map(([name, value]) => `${name} ${value}`).join(', '),
  };
}

function needSome(instanceIds: readonly string[]): void {
  if (instanceIds.length === 0) {
    throw new NoEffect(
      'InvalidBatch',
      'Not sent to AWS: no instances were given. Nothing was changed.',
      'never',
    );
  }
}
