import type * as EC2 from '@aws-sdk/client-ec2';
import { ApiError } from '../wire/api-error.ts';
import type { SimInstance } from '../world/model.ts';
import { startInstance, stopInstance } from '../world/power.ts';
import { behave } from '../world/script.ts';
import { missingParameter } from './ec2-common.ts';
import { chooseInstances, instanceState } from './ec2-instances.ts';
import { type Call, type Operation, operation } from './operation.ts';

function wanted(ids: string[] | undefined, call: Call): readonly SimInstance[] {
  if (!ids?.length) throw missingParameter('InstanceId');
  return chooseInstances(call, ids);
}

function incorrectState(instance: SimInstance, verb: string): ApiError {
  return new ApiError(
    'IncorrectInstanceState',
    `The instance '${instance.id}' is not in a state from which it can be ${verb}.`,
  );
}

function noCapacity(type: string, zone: string): ApiError {
  return new ApiError(
    'InsufficientInstanceCapacity',
    `We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zone}).`,
    500,
  );
}

function change(instance: SimInstance, act: () => void): EC2.InstanceStateChange {
  const PreviousState = instanceState(instance);
  act();
  return { InstanceId: instance.id, PreviousState, CurrentState: instanceState(instance) };
}

/** All or nothing: an instance that cannot be started fails the call before any is. */
export const startInstances: Operation = operation<EC2.StartInstancesRequest, EC2.StartInstancesResult>({
  service: 'ec2',
  name: 'StartInstances',
  allowed: ['patch'],
  mutating: true,
  bucket: () => 'ec2:start',
  resourceTokens: (input) => ({ bucket: 'ec2:start-instances', count: input.InstanceIds?.length ?? 0 }),
  handle(input, call) {
    const instances = wanted(input.InstanceIds, call);
    for (const i of instances) {
      if (i.state === 'stopping' || i.state === 'terminated') throw incorrectState(i, 'started');
    }
    const starting = new Map(
      instances
        .filter((i) => i.state === 'stopped')
        .map((i) => [i, behave(call.world, i, 'start', 'running')] as const),
    );
    for (const [{ definition }, behaviour] of starting) {
      if (behaviour === 'no_capacity') throw noCapacity(definition.type, definition.availabilityZone);
    }
    return {
      StartingInstances: instances.map((i) =>
        change(i, () => {
          const behaviour = starting.get(i);
          if (behaviour) startInstance(call.world, i, behaviour);
        }),
      ),
    };
  },
  parameters: (input) => ({ instanceIds: (input.InstanceIds ?? []).join(',') }),
});

export const stopInstances: Operation = operation<EC2.StopInstancesRequest, EC2.StopInstancesResult>({
  service: 'ec2',
  name: 'StopInstances',
  allowed: ['patch'],
  mutating: true,
  bucket: () => 'ec2:mutate',
  resourceTokens: (input) => ({ bucket: 'ec2:stop-instances', count: input.InstanceIds?.length ?? 0 }),
  handle(input, call) {
    if (input.Hibernate)
      throw new ApiError('UnsupportedHibernationConfiguration', 'Hibernation is not enabled here.');
    const instances = wanted(input.InstanceIds, call);
    for (const i of instances)
      if (i.state === 'terminated' || i.state === 'pending') throw incorrectState(i, 'stopped');
    return {
      StoppingInstances: instances.map((i) =>
        change(i, () => {
          if (i.state === 'running') stopInstance(call.world, i);
        }),
      ),
    };
  },
  parameters: (input) => ({ instanceIds: (input.InstanceIds ?? []).join(',') }),
});
