import type * as STS from '@aws-sdk/client-sts';
import type { Sessions } from '../sessions.ts';
import { ApiError } from '../wire/api-error.ts';
import { type Operation, operation } from './operation.ts';

/** Roles assumed by a role get an hour at most, and the hub is a role: chaining. */
const CHAINED_SECONDS = 3600;
const SHORTEST_SECONDS = 900;

function invalid(message: string): ApiError {
  return new ApiError('ValidationError', message);
}

/** STS needs the sessions, which belong to one simulator: made anew for each. */
export function stsOperations(sessions: Sessions): Operation[] {
  return [
    operation<STS.AssumeRoleRequest, STS.AssumeRoleResponse>({
      service: 'sts',
      name: 'AssumeRole',
      allowed: ['hub', 'read', 'patch'],
      mutating: false,
      bucket: () => 'sts:any',
      handle(input, call) {
        const sessionName = input.RoleSessionName ?? '';
        if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
          throw invalid(
            `1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
          );
        }
        if (input.ExternalId !== undefined && !/^[\w+=,.@:/-]{2,1224}$/.test(input.ExternalId)) {
          throw invalid(`Value at 'externalId' failed to satisfy constraint: [\\w+=,.@:\\/-]*`);
        }
        const seconds = input.DurationSeconds ?? CHAINED_SECONDS;
        if (seconds < SHORTEST_SECONDS || seconds > 43_200) {
          throw invalid(
            `Value '${seconds}' at 'durationSeconds' must be between ${SHORTEST_SECONDS} and 43200`,
          );
        }
        if (seconds > CHAINED_SECONDS) {
          throw invalid(
            'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
          );
        }
        const session = sessions.assume(call.identity, {
          roleArn: input.RoleArn ?? '',
          sessionName,
          durationSeconds: seconds,
          externalId: input.ExternalId,
        });
        return {
          Credentials: {
            AccessKeyId: session.accessKeyId,
            SecretAccessKey: session.secretAccessKey,
            SessionToken: session.sessionToken,
            Expiration: new Date(session.expiresAt),
          },
          AssumedRoleUser: { AssumedRoleId: session.identity.userId, Arn: session.identity.arn },
          PackedPolicySize: input.Policy
            ? Math.min(100, Math.ceil((input.Policy.length / 2048) * 100))
            : undefined,
        };
      },
    }),
    operation<STS.GetCallerIdentityRequest, STS.GetCallerIdentityResponse>({
      service: 'sts',
      name: 'GetCallerIdentity',
      allowed: ['hub', 'read', 'patch'],
      mutating: false,
      bucket: () => 'sts:any',
      handle: (_input, { identity }) => ({
        Account: identity.accountId,
        Arn: identity.arn,
        UserId: identity.userId,
      }),
    }),
  ];
}
