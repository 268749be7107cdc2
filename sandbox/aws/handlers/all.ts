import type { Sessions } from '../sessions.ts';
import { createImageOperation, deregisterImageOperation, describeImages } from './ec2-images.ts';
import { describeInstanceStatus, describeInstances } from './ec2-instances.ts';
import { startInstances, stopInstances } from './ec2-power.ts';
import { createTags, describeRegions, describeSnapshots, describeVolumes } from './ec2-storage.ts';
import type { Operation } from './operation.ts';
import { getCommandInvocation, listCommandInvocations, listCommands } from './ssm-commands.ts';
import { describeDocument, listAssociations } from './ssm-documents.ts';
import { describeInstanceInformation } from './ssm-nodes.ts';
import { describeInstancePatches, describeInstancePatchStates } from './ssm-patches.ts';
import { cancelCommand, sendCommand } from './ssm-send.ts';
import { stsOperations } from './sts.ts';

/** Every operation that exists here, by `service:Name`. The README's table is checked against it. */
export function allOperations(sessions: Sessions): Map<string, Operation> {
  const list = [
    describeInstances,
    describeInstanceStatus,
    describeImages,
    describeSnapshots,
    describeVolumes,
    describeRegions,
    createImageOperation,
    deregisterImageOperation,
    createTags,
    startInstances,
    stopInstances,
    describeInstanceInformation,
    describeInstancePatchStates,
    describeInstancePatches,
    sendCommand,
    cancelCommand,
    listCommands,
    listCommandInvocations,
    getCommandInvocation,
    describeDocument,
    listAssociations,
    ...stsOperations(sessions),
  ];
  return new Map(list.map((operation) => [`${operation.service}:${operation.name}`, operation]));
}
