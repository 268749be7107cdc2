/**
 * SDK clients, one per place, service and purpose. Endpoints come from the SDK's own variables
 * (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_EC2, …).
 *
 * Mutating clients make one attempt: the SDK's retries also repeat SendCommand and CreateImage after a reset
 * or a time-out, which have no idempotency token. They also open a connection of their own for each request:
 * a kept-alive socket that the server closes at that instant would look like a request in doubt.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import type { Place } from '../workflow/ports.ts';
import { scrubError } from './handed-out.ts';
import type { AwsCall, AwsHooks } from './options.ts';

type Service = AwsCall['service'];
type CredentialProvider = Extract<STSClientConfig['credentials'], (...args: never[]) => unknown>;

/** Attempts of a read, the first included. */
const READ_ATTEMPTS = 4;
/** A connection that takes longer than this was never made. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Clients kept; the one unused for longest goes first. */
const MAX_CLIENTS = 400;

export interface ClientFactory {
  ec2(place: Place, purpose: Purpose): EC2Client;
  ssm(place: Place, purpose: Purpose): SSMClient;
  /** A new STS client on the regional endpoint, with the credentials given. */
  sts(place: Place, credentials: CredentialProvider): STSClient;
}

/** look: read role, retries. change: patch role, one attempt. */
export type Purpose = 'look' | 'change';

/** Ends a request whose answer has begun but does not come to its end; the SDK's own limit covers the headers only. */
export class AnswerTimeout extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ETIMEDOUT';
}

export function createClients(options: {
  apiTimeoutMs: number;
  hooks: AwsHooks;
  credentials(place: Place, purpose: Purpose): CredentialProvider;
  /** Takes secrets out of every error before anybody else sees it. */
  scrub: (text: string) => string;
}): ClientFactory {
  const kept = new Map<string, EC2Client | SSMClient>();
  const agents = { httpAgent: new HttpAgent(KEEP), httpsAgent: new HttpsAgent(KEEP) };

  function settings(place: Place, purpose: Purpose) {
    return {
      region: place.region,
      ...(purpose === 'change'
        ? { maxAttempts: 1 }
        : { maxAttempts: READ_ATTEMPTS, retryMode: 'adaptive' as const }),
      requestHandler: {
        connectionTimeout: Math.min(CONNECT_TIMEOUT_MS, options.apiTimeoutMs),
        requestTimeout: options.apiTimeoutMs,
        socketTimeout: options.apiTimeoutMs,
        throwOnRequestTimeout: true,
        ...(purpose === 'change' ? FRESH : agents),
      },
    };
  }

  /** Last of its step: after retries and signing, around sending and reading the answer. */
  function chokePoint(service: Service, place: Place, mutating: boolean) {
    return <Args, Output>(next: (args: Args) => Promise<Output>, context: { commandName?: string }) =>
      async (args: Args): Promise<Output> => {
        const operation = (context.commandName ?? 'Unknown').replace(/Command$/, '');
        const call: AwsCall = { service, operation, mutating, place };
        await options.hooks.before?.(call);
        const answer = await within(next(args), options.apiTimeoutMs, operation).catch(
          async (error: unknown) => {
            await options.hooks.after?.(call, wasAnswered(error) ? 'answered' : 'no_answer');
            throw error;
          },
        );
        await options.hooks.after?.(call, 'answered');
        return answer;
      };
  }

  /** First of all steps: around the credentials, the signing and every attempt, so no error goes past it. */
  function quiet<Args, Output>(next: (args: Args) => Promise<Output>) {
    return (args: Args): Promise<Output> =>
      next(args).catch((error: unknown) => {
        throw scrubError(error, options.scrub);
      });
  }

  function keep<C extends EC2Client | SSMClient>(
    service: Service,
    place: Place,
    purpose: Purpose,
    isOne: (client: EC2Client | SSMClient) => client is C,
    make: () => C,
  ): C {
    const key = [service, purpose, place.landingZone, place.accountId, place.region, place.runId].join(' ');
    const known = kept.get(key);
    const client = known && isOne(known) ? known : make();
    kept.delete(key);
    kept.set(key, client);
    const [oldest] = kept.keys();
    // Not destroyed: a call may still be under way, and the agents are shared.
    if (kept.size > MAX_CLIENTS && oldest !== undefined) kept.delete(oldest);
    return client;
  }

  return {
    ec2: (place, purpose) =>
      keep('ec2', place, purpose, isEc2, () => {
        const client = new EC2Client({
          ...settings(place, purpose),
          credentials: options.credentials(place, purpose),
        });
        client.middlewareStack.add(quiet, FIRST);
        client.middlewareStack.add(chokePoint('ec2', place, purpose === 'change'), LAST);
        return client;
      }),
    ssm: (place, purpose) =>
      keep('ssm', place, purpose, isSsm, () => {
        const client = new SSMClient({
          ...settings(place, purpose),
          credentials: options.credentials(place, purpose),
        });
        client.middlewareStack.add(quiet, FIRST);
        client.middlewareStack.add(chokePoint('ssm', place, purpose === 'change'), LAST);
        return client;
      }),
    sts: (place, credentials) => {
      const client = new STSClient({ ...settings(place, 'look'), credentials });
      client.middlewareStack.add(quiet, FIRST);
      client.middlewareStack.add(chokePoint('sts', place, false), LAST);
      return client;
    },
  };
}

const FIRST = { step: 'initialize', priority: 'high', name: 'patchdaySecrets' } as const;
const LAST = { step: 'finalizeRequest', priority: 'low', name: 'patchdayChokePoint' } as const;
const KEEP = { keepAlive: true, maxSockets: 50 };
const FRESH = {
  httpAgent: { keepAlive: false, maxSockets: 50 },
  httpsAgent: { keepAlive: false, maxSockets: 50 },
};

async function within<T>(answer: Promise<T>, ms: number, operation: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new AnswerTimeout(`${operation}: no complete answer within ${ms} ms`)),
    ms,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function wasAnswered(error: unknown): boolean {
  return error instanceof Error && '$metadata' in error;
}

function isEc2(client: EC2Client | SSMClient): client is EC2Client {
  return client instanceof EC2Client;
}

function isSsm(client: EC2Client | SSMClient): client is SSMClient {
  return client instanceof SSMClient;
}
