/** How the adapters call AWS: one way to look, one way to change, with errors as the ports promise them. */
import type {
  EC2ClientResolvedConfig,
  $Command as Ec2Command,
  ServiceInputTypes as Ec2Input,
  ServiceOutputTypes as Ec2Output,
} from '@aws-sdk/client-ec2';
import type {
  SSMClientResolvedConfig,
  $Command as SsmCommand,
  ServiceInputTypes as SsmInput,
  ServiceOutputTypes as SsmOutput,
} from '@aws-sdk/client-ssm';
import type * as z from 'zod';
import { LookFailed, NoEffect, type Place } from '../workflow/ports.ts';
import type { ClientFactory, Purpose } from './clients.ts';
import { changeError, hasExpired, lookError } from './errors.ts';
import { where } from './words.ts';

/**
 * `look` uses the read role and retries; it throws LookFailed. `change` uses the patch role and sends once; it
 * throws NoEffect or InDoubt. `instanceIds` of a change are those whose refusal AWS may report by id.
 */
export interface Calls {
  ec2: {
    look<I extends Ec2Input, O extends Ec2Output>(
      place: Place,
      command: Ec2Command<I, O, EC2ClientResolvedConfig, Ec2Input, Ec2Output>,
    ): Promise<O>;
    change<I extends Ec2Input, O extends Ec2Output>(
      place: Place,
      command: Ec2Command<I, O, EC2ClientResolvedConfig, Ec2Input, Ec2Output>,
      instanceIds: readonly string[],
    ): Promise<O>;
  };
  ssm: {
    look<I extends SsmInput, O extends SsmOutput>(
      place: Place,
      command: SsmCommand<I, O, SSMClientResolvedConfig, SsmInput, SsmOutput>,
    ): Promise<O>;
    change<I extends SsmInput, O extends SsmOutput>(
      place: Place,
      command: SsmCommand<I, O, SSMClientResolvedConfig, SsmInput, SsmOutput>,
      instanceIds: readonly string[],
    ): Promise<O>;
  };
}

/**
 * `forget` drops the credentials of a place: AWS may end a session before its time (a revoked one), and then a
 * look is asked once more with new ones, while a change is left to the workflow's next attempt.
 */
export function createCalls(
  clients: ClientFactory,
  forget: (place: Place, purpose: Purpose) => void,
  ownInstanceIds: () => readonly string[],
): Calls {
  async function look<O>(place: Place, command: object, send: () => Promise<O>): Promise<O> {
    try {
      return await send().catch((error: unknown) => {
        if (!hasExpired(error)) throw error;
        forget(place, 'look');
        return send();
      });
    } catch (error) {
      throw lookError(nameOf(command), place, error);
    }
  }

  async function change<O>(
    place: Place,
    command: object,
    instanceIds: readonly string[],
    send: () => Promise<O>,
  ): Promise<O> {
    // The last line of defence: the workflow has refused it before, in words for people.
    const own = ownInstanceIds().filter((id) => instanceIds.includes(id));
    if (own.length > 0 && nameOf(command) !== 'CancelCommand') throw ownHost(nameOf(command), own);
    try {
      return await send();
    } catch (error) {
      if (hasExpired(error)) forget(place, 'change');
      throw changeError(nameOf(command), place, error, instanceIds);
    }
  }

  return {
    ec2: {
      look: (place, command) => look(place, command, () => clients.ec2(place, 'look').send(command)),
      change: (place, command, ids) =>
        change(place, command, ids, () => clients.ec2(place, 'change').send(command)),
    },
    ssm: {
      look: (place, command) => look(place, command, () => clients.ssm(place, 'look').send(command)),
      change: (place, command, ids) =>
        change(place, command, ids, () => clients.ssm(place, 'change').send(command)),
    },
  };
}

function ownHost(operation: string, own: readonly string[]): NoEffect {
  return new NoEffect(
    'OwnHost',
    `${operation} was not sent: Patchday itself runs on ${own.join(', ')}. Nothing was changed.`,
    'never',
    { badInstanceIds: own },
  );
}

function nameOf(command: object): string {
  return command.constructor.name.replace(/Command$/, '');
}

/** The fields of an answer that we rely on. Throws LookFailed naming the first that is missing or strange. */
export function read<T extends z.ZodType>(
  schema: T,
  answer: unknown,
  operation: string,
  place: Place,
): z.output<T> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new LookFailed(
    'IncompleteAnswer',
    `${operation} in ${where(place)} answered without a usable ${issue?.path.join('.') || 'content'} (${issue?.message ?? 'unreadable'}). Nothing was concluded from it; ask again, and check what stands between Patchday and AWS if it stays so.`,
    true,
  );
}

/** More pages than any fleet has: a service that never ends its list. */
const MAX_PAGES = 2_000;

/**
 * Every page of a list. A token that comes twice, or a list without end, throws LookFailed: a truncated list
 * must never pass for a smaller fleet.
 */
export async function everyPage<T>(
  operation: string,
  place: Place,
  page: (token: string | undefined) => Promise<{ items: readonly T[]; next: string | null | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  const seen = new Set<string>();
  let token: string | undefined;
  for (let count = 0; count < MAX_PAGES; count++) {
    const { items, next } = await page(token);
    for (const item of items) all.push(item);
    if (!next) return all;
    if (seen.has(next)) break;
    seen.add(next);
    token = next;
  }
  throw new LookFailed(
    'EndlessList',
    `${operation} in ${where(place)} never came to the end of its list (the same page again, or more than ${MAX_PAGES} pages). Its ${all.length} entries are not used, because some would be missing. Ask again in a minute.`,
    true,
  );
}

/** `items` in pieces of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const pieces: T[][] = [];
  for (let at = 0; at < items.length; at += size) pieces.push(items.slice(at, at + size));
  return pieces;
}

/** Maps with at most `limit` under way at a time. The first failure rejects. */
export async function eachOf<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  async function worker(): Promise<void> {
    for (const [index, item] of queue) results[index] = await work(item);
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
