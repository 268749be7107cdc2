import type * as SSM from '@aws-sdk/client-ssm';
import { ApiError } from '../wire/api-error.ts';
import { summarize } from '../world/command-summary.ts';
import type { SimCommand, SimInvocation } from '../world/model.ts';
import { stepOf } from '../world/output.ts';
import type { World } from '../world/world.ts';
import { type Call, type Operation, operation } from './operation.ts';
import { page } from './paging.ts';
import { constraint, INSTANCE_ID, spell, ssmPages } from './ssm-common.ts';

const COMMAND_ID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const PLUGIN_OUTPUT = 2_500;
const STANDARD_OUTPUT = 24_000;
const STANDARD_ERROR = 8_000;
/** The document's steps in order; each runs on one platform and is skipped, with success, on the others. */
const STEPS = ['PatchWindows', 'PatchLinux', 'PatchMacOS'] as const;

export function describeCommand(world: World, command: SimCommand): SSM.Command {
  const summary = summarize(command);
  return {
    CommandId: command.id,
    DocumentName: command.documentName,
    DocumentVersion: command.documentVersion,
    Comment: command.comment,
    ExpiresAfter: new Date(command.expiresAt),
    Parameters: command.parameters,
    InstanceIds: command.requestedByTargets ? [] : command.instanceIds,
    Targets: command.requestedByTargets ? [{ Key: 'InstanceIds', Values: command.instanceIds }] : [],
    RequestedDateTime: new Date(command.requestedAt),
    Status: summary.status as SSM.CommandStatus,
    StatusDetails: spell(world, summary.details),
    MaxConcurrency: command.maxConcurrency,
    MaxErrors: command.maxErrors,
    TargetCount: summary.targets,
    CompletedCount: summary.completed,
    ErrorCount: summary.errors,
    DeliveryTimedOutCount: summary.deliveryTimedOut,
    TimeoutSeconds: command.timeoutSeconds,
    OutputS3BucketName: command.outputBucket ?? '',
    OutputS3KeyPrefix: command.outputPrefix ?? '',
    ServiceRole: '',
  };
}

interface CommandQuery {
  CommandId?: string | undefined;
  InstanceId?: string | undefined;
  Filters?: SSM.CommandFilter[] | undefined;
}

/** The visible commands of the account and region that a query means, newest first. */
function chosenCommands(call: Call, query: CommandQuery): SimCommand[] {
  const { world, identity, region } = call;
  if (query.CommandId !== undefined && !COMMAND_ID.test(query.CommandId)) {
    throw new ApiError('InvalidCommandId', `The command ${query.CommandId} is not a valid id.`);
  }
  if (query.InstanceId !== undefined && !INSTANCE_ID.test(query.InstanceId)) {
    throw new ApiError('InvalidInstanceId', `The instance ${query.InstanceId} is not a valid id.`);
  }
  const tests = (query.Filters ?? []).map((filter) => commandTest(filter));
  return [...world.commands.values()]
    .filter((c) => c.accountId === identity.accountId && c.region === region && world.now() >= c.visibleFrom)
    .filter((c) => query.CommandId === undefined || c.id === query.CommandId)
    .filter((c) => query.InstanceId === undefined || c.instanceIds.includes(query.InstanceId))
    .filter((c) => tests.every((test) => test(c)))
    .sort((a, b) => b.requestedAt - a.requestedAt || (a.id < b.id ? -1 : 1));
}

function commandTest(filter: SSM.CommandFilter): (command: SimCommand) => boolean {
  const value = filter.value ?? '';
  switch (filter.key) {
    case 'InvokedAfter':
    case 'InvokedBefore': {
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)) {
        throw new ApiError(
          'ValidationException',
          `The filter ${filter.key} needs a time such as 2021-07-07T00:00:00Z.`,
        );
      }
      const time = Date.parse(value);
      return filter.key === 'InvokedAfter' ? (c) => c.requestedAt > time : (c) => c.requestedAt < time;
    }
    case 'Status':
      return (c) => [summarize(c).status, summarize(c).details].includes(value);
    case 'ExecutionStage':
      return (c) =>
        (['Pending', 'InProgress', 'Cancelling'].includes(summarize(c).status) ? 'Executing' : 'Complete') ===
        value;
    case 'DocumentName':
      return (c) => c.documentName === value;
    default:
      throw new ApiError('InvalidFilterKey', `The filter key ${filter.key ?? ''} is not valid.`);
  }
}

export const listCommands: Operation = operation<SSM.ListCommandsRequest, SSM.ListCommandsResult>({
  service: 'ssm',
  name: 'ListCommands',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: () => 'ssm:read',
  handle(input, call) {
    const { items, nextToken } = page(
      chosenCommands(call, input),
      (c) => c.id,
      [input.CommandId, input.InstanceId, input.Filters],
      { maxResults: input.MaxResults, nextToken: input.NextToken },
      ssmPages(1, 50, 50),
    );
    return { Commands: items.map((c) => describeCommand(call.world, c)), NextToken: nextToken };
  },
});

export const listCommandInvocations: Operation = operation<
  SSM.ListCommandInvocationsRequest,
  SSM.ListCommandInvocationsResult
>({
  service: 'ssm',
  name: 'ListCommandInvocations',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: () => 'ssm:read',
  handle(input, call) {
    const ofCommand = (input.Filters ?? []).filter((f) => f.key !== 'Status');
    const statuses = (input.Filters ?? []).filter((f) => f.key === 'Status').map((f) => f.value);
    const invocations = chosenCommands(call, { ...input, Filters: ofCommand })
      .flatMap((c) => c.invocations)
      .filter((i) => input.InstanceId === undefined || i.instance.id === input.InstanceId)
      .filter((i) => statuses.every((status) => i.status === status || i.details === status));
    const { items, nextToken } = page(
      invocations,
      (i) => `${i.command.id}/${i.instance.id}`,
      [input.CommandId, input.InstanceId, input.Filters, input.Details],
      { maxResults: input.MaxResults, nextToken: input.NextToken },
      ssmPages(1, 50, 50),
    );
    return {
      CommandInvocations: items.map((i) => describeInvocation(call.world, i, input.Details ?? false)),
      NextToken: nextToken,
    };
  },
});

function describeInvocation(
  world: World,
  invocation: SimInvocation,
  details: boolean,
): SSM.CommandInvocation {
  const { command, instance } = invocation;
  return {
    CommandId: command.id,
    InstanceId: instance.id,
    InstanceName: instance.name,
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: command.documentVersion,
    RequestedDateTime: new Date(command.requestedAt),
    Status: invocation.status,
    StatusDetails: spell(world, invocation.details),
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: details && invocation.startedAt !== null ? plugins(world, invocation) : [],
  };
}

function plugins(world: World, invocation: SimInvocation): SSM.CommandPlugin[] {
  const own = stepOf(invocation.instance);
  const start = invocation.startedAt;
  return STEPS.map((Name) => {
    const isOwn = Name === own;
    const status = isOwn ? invocation.status : 'Success';
    return {
      Name,
      Status: status as SSM.CommandPluginStatus,
      StatusDetails: isOwn ? spell(world, invocation.details) : 'Success',
      ResponseCode: isOwn ? invocation.exitCode : 0,
      ...(start !== null && { ResponseStartDateTime: new Date(start) }),
      ...(invocation.endedAt !== null && { ResponseFinishDateTime: new Date(invocation.endedAt) }),
      Output: (isOwn ? pluginOutput(invocation) : skipped(Name)).slice(0, PLUGIN_OUTPUT),
      StandardOutputUrl: '',
      StandardErrorUrl: '',
    };
  });
}

function pluginOutput(invocation: SimInvocation): string {
  if (invocation.errorOutput === '') return invocation.output;
  return `${invocation.output}\n----------ERROR-------\n${invocation.errorOutput}`;
}

function skipped(step: string): string {
  return `Step execution skipped due to incompatible platform. Step name: ${step}`;
}

/** Output comes only with PluginName, as the document has several steps, and only once the step is over. */
export const getCommandInvocation: Operation = operation<
  SSM.GetCommandInvocationRequest,
  SSM.GetCommandInvocationResult
>({
  service: 'ssm',
  name: 'GetCommandInvocation',
  allowed: ['read', 'patch'],
  mutating: false,
  bucket: () => 'ssm:read',
  handle(input, call) {
    if (!input.CommandId) throw constraint('commandId', null, 'Member must not be null');
    if (!input.InstanceId) throw constraint('instanceId', null, 'Member must not be null');
    const [command] = chosenCommands(call, { CommandId: input.CommandId });
    const invocation = command?.invocations.find((i) => i.instance.id === input.InstanceId);
    if (!invocation) {
      throw new ApiError(
        'InvocationDoesNotExist',
        'The command ID and managed node ID you specified did not match any invocations.',
      );
    }
    const plugin = input.PluginName;
    if (plugin !== undefined && !STEPS.some((step) => step === plugin)) {
      throw new ApiError('InvalidPluginName', `The plugin ${plugin} is not a step of the document.`);
    }
    return describeResult(call.world, invocation, plugin);
  },
});

function describeResult(
  world: World,
  invocation: SimInvocation,
  plugin: string | undefined,
): SSM.GetCommandInvocationResult {
  const { command, instance, startedAt, endedAt } = invocation;
  const isOwn = plugin === stepOf(instance);
  const isSkipped = plugin !== undefined && !isOwn && startedAt !== null;
  const isOver = endedAt !== null && isOwn;
  return {
    CommandId: command.id,
    InstanceId: instance.id,
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: command.documentVersion,
    PluginName: plugin ?? '',
    ResponseCode: isSkipped ? 0 : isOver ? invocation.exitCode : -1,
    ExecutionStartDateTime: startedAt === null ? '' : new Date(startedAt).toISOString(),
    ExecutionElapsedTime:
      startedAt !== null && endedAt !== null ? `PT${((endedAt - startedAt) / 1000).toFixed(3)}S` : '',
    ExecutionEndDateTime: endedAt === null ? '' : new Date(endedAt).toISOString(),
    Status: isSkipped ? 'Success' : invocation.status,
    StatusDetails: isSkipped ? 'Success' : spell(world, invocation.details),
    StandardOutputContent: isSkipped
      ? skipped(plugin)
      : isOver
        ? invocation.output.slice(0, STANDARD_OUTPUT)
        : '',
    StandardOutputUrl: '',
    StandardErrorContent: isOver ? invocation.errorOutput.slice(0, STANDARD_ERROR) : '',
    StandardErrorUrl: '',
  };
}
