import { amount, countedErrors } from './command-summary.ts';
import { runOnMachine } from './execution.ts';
import { type SimCommand, type SimInstance, type SimInvocation, TERMINAL } from './model.ts';
import { agentAnswers } from './power.ts';
import { behave } from './script.ts';
import type { World } from './world.ts';

export interface CommandRequest {
  accountId: string;
  region: string;
  documentName: string;
  documentVersion: string;
  comment: string;
  parameters: Record<string, string[]>;
  instances: SimInstance[];
  requestedByTargets: boolean;
  timeoutSeconds: number;
  maxConcurrency: string;
  maxErrors: string;
  outputBucket: string | undefined;
  outputPrefix: string | undefined;
}

const UNDELIVERABLE_AFTER_MS = 15_000;
const DELAYED_FOR_MS = 60_000;

/** Accepts a command: one Pending invocation per instance, sent as MaxConcurrency and MaxErrors allow. */
export function acceptCommand(world: World, request: CommandRequest): SimCommand {
  const now = world.now();
  const lifeMs = request.timeoutSeconds * 1000 + world.options.documentTimeoutMs;
  const command: SimCommand = {
    id: world.newUuid('command'),
    accountId: request.accountId,
    region: request.region,
    documentName: request.documentName,
    documentVersion: request.documentVersion,
    comment: request.comment,
    parameters: request.parameters,
    instanceIds: request.instances.map((instance) => instance.id),
    requestedByTargets: request.requestedByTargets,
    requestedAt: now,
    visibleFrom: now + world.clock.duration(world.options.visibilityDelayMs),
    expiresAt: now + world.clock.duration(lifeMs),
    timeoutSeconds: request.timeoutSeconds,
    maxConcurrency: request.maxConcurrency,
    maxErrors: request.maxErrors,
    outputBucket: request.outputBucket,
    outputPrefix: request.outputPrefix,
    foreign: false,
    cancelRequested: false,
    rateExceeded: false,
    invocations: [],
  };
  const unfinished = unfinishedInvocations(world, request.accountId, request.region);
  command.invocations = request.instances.map((instance) => newInvocation(command, instance));
  world.commands.set(command.id, command);
  if (unfinished + request.instances.length > world.options.pendingInvocationLimit) {
    command.rateExceeded = true;
    for (const invocation of command.invocations) finish(world, invocation, 'Failed', 'Failed');
    return command;
  }
  world.scheduler.at(command.expiresAt, () => expire(world, command));
  pump(world, command);
  return command;
}

/** Someone else's command that is in progress on an instance until it expires; it changes nothing there. */
export function addForeignCommand(
  world: World,
  instance: SimInstance,
  documentName: string,
  comment: string,
): SimCommand {
  const now = world.now();
  const command: SimCommand = {
    id: world.newUuid('foreign-command'),
    accountId: instance.accountId,
    region: instance.region,
    documentName,
    documentVersion: '1',
    comment,
    parameters: {},
    instanceIds: [instance.id],
    requestedByTargets: false,
    requestedAt: now,
    visibleFrom: now,
    expiresAt: now + world.clock.duration(30 * 24 * 3_600_000),
    timeoutSeconds: 3600,
    maxConcurrency: '50',
    maxErrors: '0',
    outputBucket: undefined,
    outputPrefix: undefined,
    foreign: true,
    cancelRequested: false,
    rateExceeded: false,
    invocations: [],
  };
  const invocation = newInvocation(command, instance);
  Object.assign(invocation, { status: 'InProgress', details: 'InProgress', sent: true, startedAt: now });
  command.invocations.push(invocation);
  world.commands.set(command.id, command);
  world.scheduler.at(command.expiresAt, () => expire(world, command));
  return command;
}

function newInvocation(command: SimCommand, instance: SimInstance): SimInvocation {
  return {
    command,
    instance,
    status: 'Pending',
    details: 'Pending',
    sent: false,
    waiting: false,
    startedAt: null,
    endedAt: null,
    exitCode: -1,
    output: '',
    errorOutput: '',
    timers: new Set(),
  };
}

function unfinishedInvocations(world: World, accountId: string, region: string): number {
  let count = 0;
  for (const command of world.commands.values()) {
    if (command.accountId !== accountId || command.region !== region) continue;
    for (const invocation of command.invocations) if (!TERMINAL.has(invocation.status)) count += 1;
  }
  return count;
}

/** Sends the next invocations, as many as MaxConcurrency allows, or none after too many errors. */
function pump(world: World, command: SimCommand): void {
  const total = command.invocations.length;
  const maxErrors = amount(command.maxErrors, total, 0);
  const maxConcurrency = amount(command.maxConcurrency, total, 1);
  let active = 0;
  for (const i of command.invocations) if (i.sent && !TERMINAL.has(i.status)) active += 1;
  for (const invocation of command.invocations) {
    if (invocation.sent || TERMINAL.has(invocation.status)) continue;
    if (countedErrors(command) > maxErrors) {
      finish(world, invocation, 'Cancelled', 'Terminated');
      continue;
    }
    if (active >= maxConcurrency) return;
    active += 1;
    invocation.sent = true;
    send(world, invocation);
  }
}

function send(world: World, invocation: SimInvocation): void {
  const { command, instance } = invocation;
  const delivery = behave(world, instance, 'delivery', 'normal');
  later(world, invocation, world.lifeOf(instance, 'delivery', command.id), () => {
    switch (delivery) {
      case 'normal':
        deliver(world, invocation);
        return;
      case 'delayed':
        setStatus(world, invocation, 'Delayed', 'Delayed');
        later(world, invocation, DELAYED_FOR_MS, () => deliver(world, invocation));
        return;
      case 'undeliverable':
        later(world, invocation, UNDELIVERABLE_AFTER_MS, () =>
          finish(world, invocation, 'Failed', 'Undeliverable'),
        );
        return;
      case 'access_denied':
        finish(world, invocation, 'Failed', 'AccessDenied');
        return;
      case 'invalid_platform':
        finish(world, invocation, 'Failed', 'InvalidPlatform');
        return;
    }
  });
}

function deliver(world: World, invocation: SimInvocation): void {
  if (TERMINAL.has(invocation.status)) return;
  if (!agentAnswers(invocation.instance)) {
    invocation.waiting = true;
    return;
  }
  invocation.waiting = false;
  invocation.startedAt = world.now();
  setStatus(world, invocation, 'InProgress', 'InProgress');
  runOnMachine(world, invocation);
}

/** The agent is there (again): it takes up what waited for it, however late that is. */
export function startWaiting(world: World, instance: SimInstance): void {
  for (const command of world.commands.values()) {
    for (const invocation of command.invocations) {
      if (invocation.instance === instance && invocation.waiting) deliver(world, invocation);
    }
  }
}

/** CancelCommand. Pending ones end at once; one in progress is killed if the agent can be reached. */
export function cancelInvocation(world: World, invocation: SimInvocation, kill: () => void): void {
  if (TERMINAL.has(invocation.status) || invocation.status === 'Cancelling') return;
  invocation.command.cancelRequested = true;
  if (invocation.status !== 'InProgress') {
    finish(world, invocation, 'Cancelled', 'Cancelled');
    return;
  }
  setStatus(world, invocation, 'Cancelling', 'Cancelling');
  world.scheduler.after(world.lifeOf(invocation.instance, 'delivery', 'cancel'), () => {
    if (invocation.status !== 'Cancelling' || !agentAnswers(invocation.instance)) return;
    kill();
    finish(world, invocation, 'Cancelled', 'Cancelled');
  });
}

/** Past ExpiresAfter everything unfinished is Delivery Timed Out, also what did start. */
function expire(world: World, command: SimCommand): void {
  for (const invocation of command.invocations) finish(world, invocation, 'TimedOut', 'DeliveryTimedOut');
}

/** Ends an invocation, once, and lets the next one go. What the machine does meanwhile is not touched. */
export function finish(
  world: World,
  invocation: SimInvocation,
  status: 'Success' | 'Cancelled' | 'TimedOut' | 'Failed',
  details: string,
): void {
  if (TERMINAL.has(invocation.status)) return;
  invocation.waiting = false;
  invocation.endedAt = world.now();
  for (const timer of invocation.timers) timer.cancel();
  invocation.timers.clear();
  setStatus(world, invocation, status, details);
  if (!invocation.command.rateExceeded) pump(world, invocation.command);
}

export function setStatus(
  world: World,
  invocation: SimInvocation,
  status: SimInvocation['status'],
  details: string,
): void {
  invocation.status = status;
  invocation.details = details;
  world.emit('invocation', `${invocation.command.id}/${invocation.instance.id}`);
}

function later(world: World, invocation: SimInvocation, lifeMs: number, run: () => void): void {
  const scheduled = world.scheduler.after(lifeMs, () => {
    invocation.timers.delete(scheduled);
    if (!TERMINAL.has(invocation.status)) run();
  });
  invocation.timers.add(scheduled);
}
