import { ApiError } from '../wire/api-error.ts';
import type { SimInstance } from '../world/model.ts';
import type { World } from '../world/world.ts';
import type { Call } from './operation.ts';
import type { PageRules } from './paging.ts';

/** One violated constraint, in the words the SSM API uses for it. */
export function constraint(member: string, value: unknown, rule: string): ApiError {
  return new ApiError(
    'ValidationException',
    `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: ${rule}`,
  );
}

export function ssmPages(smallest: number, largest: number, defaultSize: number): PageRules {
  return {
    defaultSize,
    smallest,
    largest,
    outOfRange: (value) =>
      constraint(
        'maxResults',
        value,
        value < smallest
          ? `Member must have value greater than or equal to ${smallest}`
          : `Member must have value less than or equal to ${largest}`,
      ),
    invalidToken: () => new ApiError('InvalidNextToken', 'The specified token is not valid.'),
  };
}

export const INSTANCE_ID = /^(i-[0-9a-f]{8}|i-[0-9a-f]{17}|mi-[0-9a-f]{17})$/;
export const MOST_INSTANCE_IDS = 50;

/** A managed node of the caller's account and region, whatever its power state. */
export function managedInstance(call: Call, id: string): SimInstance | undefined {
  const instance = call.world.instances.get(id);
  if (!instance?.managed || instance.state === 'terminated') return undefined;
  return instance.accountId === call.identity.accountId && instance.region === call.region
    ? instance
    : undefined;
}

export function invalidInstanceId(ids: readonly string[]): ApiError {
  return new ApiError(
    'InvalidInstanceId',
    `Instances [[${ids.join(', ')}]] not in a valid state for account`,
  );
}

const SPACED: Record<string, string> = {
  InProgress: 'In Progress',
  DeliveryTimedOut: 'Delivery Timed Out',
  ExecutionTimedOut: 'Execution Timed Out',
  AccessDenied: 'Access Denied',
  InvalidPlatform: 'Invalid Platform',
  RateExceeded: 'Rate Exceeded',
};

/** StatusDetails in the one spelling that this simulator was told to use. */
export function spell(world: World, details: string): string {
  return world.options.statusDetails === 'spaced' ? (SPACED[details] ?? details) : details;
}
