import type { BucketName } from '../throttle.ts';
import type { Service } from '../wire/api-error.ts';
import { type OperationSchemas, operationSchemas } from '../wire/schemas.ts';
import type { World } from '../world/world.ts';

/** Who calls: the account and role that the access key stands for. */
export interface Identity {
  accountId: string;
  arn: string;
  userId: string;
  kind: 'hub' | 'read' | 'patch';
  roleName: string;
}

/** A request on its way to a handler. */
export interface Call {
  world: World;
  identity: Identity;
  region: string;
}

/** What the ledger keeps of a request: flat names to texts, ids joined by commas. */
export type KeyParameters = Record<string, string>;

export interface OperationDefinition<I, O> {
  service: Service;
  name: string;
  /** Which identities may call it. */
  allowed: readonly Identity['kind'][];
  /** Mutating operations go into the ledger. */
  mutating: boolean;
  bucket: (input: I) => BucketName;
  /** Extra tokens for resources, as StartInstances needs. */
  resourceTokens?: (input: I) => { bucket: BucketName; count: number };
  handle: (input: I, call: Call) => O;
  parameters?: (input: I) => KeyParameters;
  results?: (output: O) => Record<string, string>;
}

/** An operation as the server uses it, its types closed over. */
export interface Operation extends OperationDefinition<Record<string, unknown>, unknown> {
  schemas: OperationSchemas;
}

/**
 * Binds a typed handler to the SDK's schemas of the operation. The wire layer reads requests by these
 * schemas, which is what makes the cast from the untyped input sound.
 */
export function operation<I extends object, O extends object | undefined>(
  definition: OperationDefinition<I, O>,
): Operation {
  const schemas = operationSchemas(definition.service, definition.name);
  return { ...(definition as unknown as OperationDefinition<Record<string, unknown>, unknown>), schemas };
}
