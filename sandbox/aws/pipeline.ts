import type { FaultSpec, Faults } from './faults.ts';
import { dryRunOperation } from './handlers/ec2-common.ts';
import type { Identity, Operation } from './handlers/operation.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { Sessions } from './sessions.ts';
import type { Throttle } from './throttle.ts';
import {
  ApiError,
  accessDenied,
  type Service,
  serverError,
  signatureRefused,
  throttled,
} from './wire/api-error.ts';
import { jsonAnswer, jsonError, readJsonInput } from './wire/json.ts';
import { readQueryInput } from './wire/query-reader.ts';
import type { Addressed, CredentialScope } from './wire/request.ts';
import { ec2Answer, ec2Error, stsAnswer, stsError } from './wire/xml.ts';
import type { World } from './world/world.ts';

/** What goes back over the connection, or what happens to it instead. */
export interface Answer {
  status: number;
  contentType: string;
  body: string;
  requestId: string;
  connection: 'answer' | 'reset' | 'stall';
  delayMs: number;
  /** To be told whether the answer was delivered. */
  entry: LedgerEntry | null;
}

export interface Parts {
  world: World;
  sessions: Sessions;
  throttle: Throttle;
  faults: Faults;
  ledger: Ledger;
  operations: ReadonlyMap<string, Operation>;
}

export interface WireRequest {
  addressed: Addressed;
  scope: CredentialScope | null;
  token: string | undefined;
  body: string;
}

/**
 * One request from the credentials to the answer: who, may they, faults before, throttling, the handler,
 * the ledger, faults after. Order matters: a fault before the effect must leave no trace in the world.
 */
export function answer(parts: Parts, request: WireRequest): Answer {
  const { world } = parts;
  const requestId = world.newUuid('request');
  world.scheduler.settle();
  const { service, operation: name } = request.addressed;
  if (!service) {
    const body = jsonError(
      new ApiError('UnknownOperationException', 'This simulator has EC2, SSM and STS only.'),
    );
    return { ...plain(400, 'application/x-amz-json-1.1', body, requestId) };
  }
  const operation = parts.operations.get(`${service}:${name}`);
  if (!operation) return failure(service, unknownOperation(service, name), requestId);
  parts.ledger.count(service, name);
  let input: Record<string, unknown>;
  let identity: Identity;
  try {
    identity = parts.sessions.identify(service, request.scope?.accessKeyId, request.token);
    input = readInput(operation, request);
  } catch (error) {
    return failure(service, asApiError(service, error), requestId);
  }
  const region = request.scope?.region ?? '';
  const isDryRun = service === 'ec2' && input['DryRun'] === true;
  const params = operation.parameters?.(input) ?? {};
  const struckBy = { operation: name, accountId: identity.accountId, region, params };
  const record = (
    outcome: LedgerEntry['outcome'],
    error: string | null,
    result: Record<string, string> = {},
  ) =>
    operation.mutating && !isDryRun
      ? parts.ledger.add({
          time: world.now(),
          accountId: identity.accountId,
          region,
          service,
          operation: name,
          caller: identity.arn,
          params,
          outcome,
          error,
          answerDelivered: false,
          result,
        })
      : null;

  const before = parts.faults.strike('before', struckBy);
  const delayMs = slowness(before);
  const broken = brokenBy(service, before, identity, name, request.token);
  if (broken) {
    const entry = record(
      broken.error?.code === throttled(service).code ? 'throttled' : 'refused',
      broken.code,
    );
    if (!broken.error)
      return { ...plain(500, '', '', requestId), connection: broken.connection, delayMs, entry };
    return { ...failure(service, broken.error, requestId), delayMs, entry };
  }
  try {
    if (!operation.allowed.includes(identity.kind)) {
      throw accessDenied(service, identity.arn, `${service}:${name}`);
    }
    if (!takeTokens(parts.throttle, operation, input, identity.accountId, region)) throw throttled(service);
    if (isDryRun) throw dryRunOperation();
    const output = operation.handle(input, { world, identity, region });
    const result = operation.results?.(output) ?? {};
    const entry = record('effect', null, result);
    if (entry) world.emit('effect', name);
    const after = parts.faults.strike('after', struckBy);
    if (after.some((spec) => spec.kind === 'hide')) hide(world, result);
    const spoiled = brokenBy(service, after, identity, name, request.token);
    const times = { delayMs: delayMs + slowness(after), entry };
    if (spoiled?.error) return { ...failure(service, spoiled.error, requestId), ...times };
    const connection = spoiled?.connection ?? 'answer';
    return { ...success(operation, output, requestId), ...times, connection };
  } catch (error) {
    const refusal = asApiError(service, error);
    const isThrottled = refusal.code === throttled(service).code;
    const entry = record(isThrottled ? 'throttled' : 'refused', refusal.code);
    return { ...failure(service, refusal, requestId), delayMs, entry };
  }
}

function readInput(operation: Operation, request: WireRequest): Record<string, unknown> {
  const { form } = request.addressed;
  if (operation.service === 'ssm') return readJsonInput(operation.schemas, request.body);
  return readQueryInput(
    operation.schemas.input,
    form ?? new URLSearchParams(),
    operation.service === 'ec2' ? 'ec2' : 'query',
  );
}

interface Broken {
  error: ApiError | null;
  code: string;
  connection: 'answer' | 'reset' | 'stall';
}

function brokenBy(
  service: Service,
  struck: FaultSpec[],
  identity: Identity,
  operation: string,
  token: string | undefined,
): Broken | null {
  for (const { kind } of struck) {
    const error = {
      reset: null,
      stall: null,
      slow: undefined,
      hide: undefined,
      http500: serverError(service, 500),
      http503: serverError(service, 503),
      throttle: throttled(service),
      denied: accessDenied(service, identity.arn, `${service}:${operation}`),
      echo: signatureRefused(service, token),
    }[kind];
    if (error === undefined) continue;
    const connection = kind === 'reset' || kind === 'stall' ? kind : 'answer';
    return { error, code: error?.code ?? kind, connection };
  }
  return null;
}

const SLOW_MS = 1000;

function slowness(struck: FaultSpec[]): number {
  return struck.reduce((sum, spec) => sum + (spec.kind === 'slow' ? (spec.delayMs ?? SLOW_MS) : 0), 0);
}

function hide(world: World, result: Record<string, string>): void {
  const command = world.commands.get(result['commandId'] ?? '');
  if (command) command.visibleFrom = Number.POSITIVE_INFINITY;
  const image = world.images.get(result['imageId'] ?? '');
  if (image) image.visibleFrom = Number.POSITIVE_INFINITY;
}

function takeTokens(
  throttle: Throttle,
  operation: Operation,
  input: Record<string, unknown>,
  accountId: string,
  region: string,
): boolean {
  if (!throttle.take(operation.bucket(input), accountId, region)) return false;
  const resources = operation.resourceTokens?.(input);
  return !resources || throttle.take(resources.bucket, accountId, region, resources.count);
}

function unknownOperation(service: Service, name: string): ApiError {
  if (service === 'ssm') return new ApiError('UnknownOperationException', `There is no operation ${name}`);
  return new ApiError('InvalidAction', `The action ${name} is not valid for this web service.`);
}

/** A mistake of the simulator itself must be loud, but still speak the protocol. */
function asApiError(service: Service, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  process.stderr.write(`simulated AWS: ${error instanceof Error ? error.stack : String(error)}\n`);
  return serverError(service, 500);
}

function plain(status: number, contentType: string, body: string, requestId: string): Answer {
  return { status, contentType, body, requestId, connection: 'answer', delayMs: 0, entry: null };
}

function success(operation: Operation, output: unknown, requestId: string): Answer {
  switch (operation.service) {
    case 'ssm':
      return plain(200, 'application/x-amz-json-1.1', jsonAnswer(operation.schemas, output), requestId);
    case 'ec2':
      return plain(200, 'text/xml;charset=UTF-8', ec2Answer(operation.schemas, output, requestId), requestId);
    case 'sts':
      return plain(200, 'text/xml', stsAnswer(operation.schemas, output, requestId), requestId);
  }
}

function failure(service: Service, error: ApiError, requestId: string): Answer {
  if (service === 'ssm')
    return plain(error.status, 'application/x-amz-json-1.1', jsonError(error), requestId);
  const body = service === 'ec2' ? ec2Error(error, requestId) : stsError(error, requestId);
  return plain(error.status, 'text/xml;charset=UTF-8', body, requestId);
}
