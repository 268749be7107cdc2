/** The Identity port: whose account the patch role really acts in. */
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { type Identity, LookFailed, type Place } from '../workflow/ports.ts';
import { read } from './calls.ts';
import { hasExpired, lookError } from './errors.ts';
import { where } from './words.ts';

const answer = z.object({ Account: z.string(), Arn: z.string().default('') });

/**
 * `sts` gives a client with the patch role's credentials; `forget` drops them. AWS may end a session before its
 * time, and then the question is asked once more with a new one.
 */
export function createIdentity(sts: (place: Place) => STSClient, forget: (place: Place) => void): Identity {
  const ask = (place: Place) => sts(place).send(new GetCallerIdentityCommand({}));
  return {
    async confirmAccount(place) {
      const reply = await ask(place)
        .catch((error: unknown) => {
          if (!hasExpired(error)) throw error;
          forget(place);
          return ask(place);
        })
        .catch((error: unknown) => {
          throw lookError('GetCallerIdentity', place, error);
        });
      const { Account, Arn } = read(answer, reply, 'GetCallerIdentity', place);
      if (Account === place.accountId) return;
      throw new LookFailed(
        'WrongAccount',
        `The patch role for ${where(place)} acts in account ${Account} (${Arn}), not in the planned one. Nothing was changed; correct the role in the configuration.`,
        false,
      );
    },
  };
}
