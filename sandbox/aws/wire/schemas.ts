import * as ec2 from '@aws-sdk/client-ec2';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import { JsonShapeDeserializer, JsonShapeSerializer, XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import type { Service } from './api-error.ts';

/** The shapes of one operation, read from the SDK client's own exported schemas (`DescribeInstances$`). */
export interface OperationSchemas {
  service: Service;
  name: string;
  input: NormalizedSchema;
  output: NormalizedSchema;
}

const CLIENTS: Record<Service, { exports: Record<string, unknown>; packageName: string }> = {
  ec2: { exports: ec2, packageName: '@aws-sdk/client-ec2' },
  ssm: { exports: ssm, packageName: '@aws-sdk/client-ssm' },
  sts: { exports: sts, packageName: '@aws-sdk/client-sts' },
};

/** Where an SDK operation schema tuple keeps its parts: [9, namespace, name, traits, input(), output()]. */
const INPUT = 4;
const OUTPUT = 5;

/**
 * Finds the schemas of an operation. They are public but undocumented exports, so an SDK release may drop
 * them: then this throws at start, naming what is missing, instead of answering wrongly later.
 */
export function operationSchemas(service: Service, name: string): OperationSchemas {
  const { exports, packageName } = CLIENTS[service];
  const schema = exports[`${name}$`];
  if (!Array.isArray(schema) || schema.length <= OUTPUT) {
    throw new Error(
      `The simulated AWS needs the run-time schema ${name}$ from ${packageName}, and this version does not export it. ` +
        'Install the versions of the @aws-sdk packages that package.json pins (npm ci).',
    );
  }
  return {
    service,
    name,
    input: NormalizedSchema.of(schema[INPUT]),
    output: NormalizedSchema.of(schema[OUTPUT]),
  };
}

/** The member that carries the text of a modelled SSM error (`Message` or `message`). */
export function ssmErrorMessageMember(code: string): string {
  const schema = CLIENTS.ssm.exports[`${code}$`];
  const members: unknown = Array.isArray(schema) ? schema[4] : undefined;
  return Array.isArray(members) && members.includes('Message') ? 'Message' : 'message';
}

/** Fails with a clear message when the serialisers that the wire layer builds on are gone. */
export function assertSerializersPresent(): void {
  const needed: Record<string, unknown> = { JsonShapeDeserializer, JsonShapeSerializer, XmlShapeSerializer };
  const missing = Object.keys(needed).filter((name) => typeof needed[name] !== 'function');
  if (missing.length > 0) {
    throw new Error(
      `The simulated AWS needs ${missing.join(', ')} from @aws-sdk/core/protocols; install the pinned version (npm ci).`,
    );
  }
}
