import type * as SSM from '@aws-sdk/client-ssm';
import { ApiError } from '../wire/api-error.ts';
import { acceptCommand, cancelInvocation } from '../world/commands.ts';
import { abandonExecution } from '../world/execution.ts';
import { TERMINAL } from '../world/model.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { describeCommand } from './ssm-commands.ts';
import {
  constraint,
  INSTANCE_ID,
  invalidInstanceId,
  MOST_INSTANCE_IDS,
  managedInstance,
} from './ssm-common.ts';
import {
  PATCH_DOCUMENT,
  PATCH_DOCUMENT_HASH,
  PATCH_DOCUMENT_VERSION,
  PATCH_PARAMETERS,
  requireDocument,
} from './ssm-documents.ts';

/** Numbers as the API model prints them in its patterns. */
const CONCURRENCY = /^([1-9][0-9]{0,6}|[1-9][0-9]%|[1-9]%|100%)$/;
const ERRORS = /^([1-9][0-9]{0,6}|0|[1-9][0-9]%|[0-9]%|100%)$/;

export const sendCommand: Operation = operation<SSM.SendCommandRequest, SSM.SendCommandResult>({
  service: 'ssm',
  name: 'SendCommand',
  allowed: ['patch'],
  mutating: true,
  bucket: () => 'ssm:send',
  handle(input, call) {
    const { comment, timeoutSeconds, maxConcurrency, maxErrors } = readLimits(input);
    requireDocument(input.DocumentName, input.DocumentVersion);
    if (input.DocumentHash !== undefined && input.DocumentHash !== PATCH_DOCUMENT_HASH) {
      throw new ApiError('InvalidDocument', 'The hash does not match the content of the document.');
    }
    const ids = targetIds(input);
    const parameters = readParameters(input.Parameters);
    const unusable = ids.filter((id) => !managedInstance(call, id));
    if (unusable.length > 0) throw invalidInstanceId(unusable);
    const command = acceptCommand(call.world, {
      accountId: call.identity.accountId,
      region: call.region,
      documentName: PATCH_DOCUMENT,
      documentVersion: input.DocumentVersion ?? PATCH_DOCUMENT_VERSION,
      comment,
      parameters,
      instances: ids.flatMap((id) => managedInstance(call, id) ?? []),
      requestedByTargets: Boolean(input.Targets?.length),
      timeoutSeconds,
      maxConcurrency,
      maxErrors,
      outputBucket: input.OutputS3BucketName,
      outputPrefix: input.OutputS3KeyPrefix,
    });
    return { Command: describeCommand(call.world, command) };
  },
  parameters: (input) => ({
    instanceIds: [...(input.InstanceIds ?? []), ...(input.Targets ?? []).flatMap((t) => t.Values ?? [])].join(
      ',',
    ),
    DocumentName: input.DocumentName ?? '',
    comment: input.Comment ?? '',
    Operation: input.Parameters?.['Operation']?.[0] ?? '',
    RebootOption: input.Parameters?.['RebootOption']?.[0] ?? '',
    SnapshotId: input.Parameters?.['SnapshotId']?.[0] ?? '',
  }),
  results: (output) => ({ commandId: output.Command?.CommandId ?? '' }),
});

function readLimits(input: SSM.SendCommandRequest) {
  const comment = input.Comment ?? '';
  if (comment.length > 100)
    throw constraint('comment', comment, 'Member must have length less than or equal to 100');
  const timeoutSeconds = input.TimeoutSeconds ?? 3600;
  if (timeoutSeconds < 30) {
    throw constraint('timeoutSeconds', timeoutSeconds, 'Member must have value greater than or equal to 30');
  }
  if (timeoutSeconds > 2_592_000) {
    throw constraint(
      'timeoutSeconds',
      timeoutSeconds,
      'Member must have value less than or equal to 2592000',
    );
  }
  const maxConcurrency = input.MaxConcurrency ?? '50';
  const maxErrors = input.MaxErrors ?? '0';
  for (const [name, value, pattern] of [
    ['maxConcurrency', maxConcurrency, CONCURRENCY],
    ['maxErrors', maxErrors, ERRORS],
  ] as const) {
    if (!pattern.test(value)) {
      throw constraint(name, value, `Member must satisfy regular expression pattern: ${pattern.source}`);
    }
  }
  return { comment, timeoutSeconds, maxConcurrency, maxErrors };
}

function targetIds(input: SSM.SendCommandRequest): string[] {
  const targets = input.Targets ?? [];
  if (targets.length > 0 && input.InstanceIds?.length) {
    throw new ApiError('ValidationException', 'InstanceIds and Targets cannot be used together.');
  }
  if (targets.some((t) => t.Key !== 'InstanceIds')) {
    throw new ApiError(
      'ValidationException',
      'This simulator accepts only explicit instances: InstanceIds, or Targets with Key=InstanceIds.',
    );
  }
  const ids = targets.length > 0 ? targets.flatMap((t) => t.Values ?? []) : (input.InstanceIds ?? []);
  if (ids.length === 0)
    throw new ApiError('ValidationException', 'Either InstanceIds or Targets must be specified.');
  if (ids.length > MOST_INSTANCE_IDS) {
    throw constraint(
      'instanceIds',
      ids,
      `Member must have length less than or equal to ${MOST_INSTANCE_IDS}`,
    );
  }
  for (const id of ids) {
    if (!INSTANCE_ID.test(id)) throw constraint('instanceIds', id, 'Member must be the id of a managed node');
  }
  if (new Set(ids).size < ids.length)
    throw new ApiError('DuplicateInstanceId', 'An instance id is there twice.');
  return ids;
}

function readParameters(given: Record<string, string[]> | undefined): Record<string, string[]> {
  const parameters = given ?? {};
  for (const [name, values] of Object.entries(parameters)) {
    const rule = PATCH_PARAMETERS[name];
    if (!rule)
      throw new ApiError(
        'InvalidParameters',
        `Parameter ${name} is not defined in the document ${PATCH_DOCUMENT}.`,
      );
    const [value, ...more] = values;
    if (value === undefined || more.length > 0 || !rule.allowed.test(value)) {
      throw new ApiError(
        'InvalidParameters',
        `Parameter ${name} has the value ${values.join(', ')}, which is not allowed.`,
      );
    }
  }
  if (!parameters['Operation'])
    throw new ApiError('InvalidParameters', 'Parameter Operation requires a value.');
  return parameters;
}

export const cancelCommand: Operation = operation<SSM.CancelCommandRequest, SSM.CancelCommandResult>({
  service: 'ssm',
  name: 'CancelCommand',
  allowed: ['patch'],
  mutating: true,
  bucket: () => 'ssm:send',
  handle(input, call) {
    const command = ownCommand(call, input.CommandId);
    const ids = input.InstanceIds ?? [];
    if (new Set(ids).size < ids.length)
      throw new ApiError('DuplicateInstanceId', 'An instance id is there twice.');
    const foreign = ids.filter((id) => !command.instanceIds.includes(id));
    if (foreign.length > 0) throw invalidInstanceId(foreign);
    for (const invocation of command.invocations) {
      if (TERMINAL.has(invocation.status)) continue;
      if (ids.length > 0 && !ids.includes(invocation.instance.id)) continue;
      cancelInvocation(call.world, invocation, () => {
        if (invocation.instance.executing === invocation) abandonExecution(call.world, invocation.instance);
      });
    }
    return {};
  },
  parameters: (input) => ({
    commandId: input.CommandId ?? '',
    instanceIds: (input.InstanceIds ?? []).join(','),
  }),
});

function ownCommand(call: Call, id: string | undefined) {
  const command = id === undefined ? undefined : call.world.commands.get(id);
  if (!command || command.accountId !== call.identity.accountId || command.region !== call.region) {
    throw new ApiError('InvalidCommandId', `The command ${id ?? ''} does not exist.`);
  }
  return command;
}
