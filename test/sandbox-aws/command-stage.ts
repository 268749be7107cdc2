import {
  CancelCommandCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  type SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import { type SmallFleetOptions, smallFleet } from '../../sandbox/aws/fleet.ts';
import type { AwsSimulatorOptions } from '../../sandbox/aws/server.ts';
import { steppedClock } from '../../sandbox/clock.ts';
import { renewingPatcher, simulator } from './support.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

/** A simulator with a stepped clock: delivery 1 s, scan 1 min, install 10 min, reboot 2 min. */
export async function commandStage(fleet: SmallFleetOptions, options: AwsSimulatorOptions = {}) {
  const sim = await simulator({
    clock: steppedClock(Date.now()),
    fleet: smallFleet({
      durations: { delivery: SECOND, scan: MINUTE, install: 10 * MINUTE, reboot: 2 * MINUTE, checks: MINUTE },
      ...fleet,
    }),
    ...options,
  });
  const { ssm, ec2 } = renewingPatcher(sim);
  const ids = sim.control.instances().map((i) => i.id);
  return {
    sim,
    ssm,
    ec2,
    ids,
    id: (name: string) => sim.control.instance(name).id,
    async send(Operation: 'Scan' | 'Install', more: Partial<SendCommandCommandInput> = {}): Promise<string> {
      const { Command } = await ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunPatchBaseline',
          ...(more.Targets ? {} : { InstanceIds: ids }),
          Parameters: { Operation: [Operation] },
          MaxErrors: '50',
          ...more,
        }),
      );
      if (!Command?.CommandId) throw new Error('SendCommand answered no id');
      return Command.CommandId;
    },
    /** Status and details of each invocation, by the instance's name. */
    async statuses(CommandId: string): Promise<Record<string, string>> {
      const { CommandInvocations = [] } = await ssm.send(new ListCommandInvocationsCommand({ CommandId }));
      const entries = CommandInvocations.map((i) => [i.InstanceName, `${i.Status}/${i.StatusDetails}`]);
      return Object.fromEntries(entries);
    },
    parent: (id: string) => sim.control.commands().find((c) => c.id === id)?.status,
    result: (CommandId: string, name: string, PluginName?: string) =>
      ssm.send(
        new GetCommandInvocationCommand({ CommandId, InstanceId: sim.control.instance(name).id, PluginName }),
      ),
    cancel: (CommandId: string, InstanceIds?: string[]) =>
      ssm.send(new CancelCommandCommand({ CommandId, InstanceIds })),
  };
}
