/**
 * Credentials per landing zone, role, region and run: base credentials by the SDK's default chain, then
 * AssumeRole with the external id. A role that assumes a role gets one hour at most (STS), so a run of several
 * hours is refreshed on the way: credentials are asked for at every call and never kept by a caller.
 */
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import * as z from 'zod';
import type { Clock, Place } from '../workflow/ports.ts';
import type { Purpose } from './clients.ts';
import { classify, NoCredentials } from './errors.ts';
import type { AwsLog, ZoneAccess } from './options.ts';
import { awsSays, where } from './words.ts';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** ms since the epoch. */
  expiresAt: number;
}

export type BaseCredentials = ReturnType<typeof fromNodeProviderChain>;

/**
 * To look: as long as a chained role may last. To change: the shortest that STS grants, because whoever gets hold of
 * such a session is as good as root on tagged instances until it ends.
 */
const SESSION_SECONDS: Readonly<Record<Purpose, number>> = { look: 3_600, change: 900 };
/** Refreshed when less than this, or than half of their life, is left: STS may be away for minutes. */
const REFRESH_AHEAD_MS = 15 * 60_000;
/** After a refresh that failed, the next try comes this much later. */
const ASK_AGAIN_MS = 60_000;
/** When refreshing fails, the old ones are used while more than this is left. */
const LAST_USE_MS = 60_000;

const answer = z.object({
  Credentials: z.object({
    AccessKeyId: z.string(),
    SecretAccessKey: z.string(),
    SessionToken: z.string(),
    Expiration: z.date(),
  }),
  AssumedRoleUser: z.object({ Arn: z.string() }),
});

export interface Sessions {
  /** Valid for at least a minute. Throws NoCredentials, in words. One AssumeRole at a time per key. */
  credentials(place: Place, purpose: Purpose): Promise<Credentials>;
  /** Drops what is held: AWS says that it is over. */
  forget(place: Place, purpose: Purpose): void;
}

export function createSessions(options: {
  zones: readonly ZoneAccess[];
  clock: Clock;
  log: AwsLog;
  /** Told of every secret that AWS hands out, before it is used. */
  remember(secrets: readonly string[], expiresAt: number): void;
  /** A client with the base credentials, on the place's regional endpoint. */
  sts(place: Place): STSClient;
}): Sessions {
  const { clock, log } = options;
  const held = new Map<string, Credentials & { refreshAt: number }>();
  const asking = new Map<string, Promise<Credentials>>();

  async function assume(place: Place, purpose: Purpose): Promise<Credentials> {
    const zone = zoneOf(options.zones, place);
    const roleArn = purpose === 'change' ? zone.patchRoleArn : zone.readRoleArn;
    if (roleArn === null) {
      throw new NoCredentials(
        'NoPatchRole',
        `landing zone ${zone.name} has no patch role in the configuration, so nothing can be changed there.`,
        false,
      );
    }
    const reply = await options
      .sts(place)
      .send(
        new AssumeRoleCommand({
          RoleArn: roleArn,
          RoleSessionName: sessionName(place.runId),
          DurationSeconds: SESSION_SECONDS[purpose],
          ...(zone.externalId === '' ? {} : { ExternalId: zone.externalId }),
        }),
      )
      .catch((error: unknown) => {
        throw cannotAssume(roleArn, error);
      });
    const read = answer.safeParse(reply);
    if (!read.success) {
      throw new NoCredentials(
        'IncompleteAnswer',
        `AssumeRole of ${roleArn} answered without credentials.`,
        true,
      );
    }
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = read.data.Credentials;
    options.remember([AccessKeyId, SecretAccessKey, SessionToken], Expiration.getTime());
    const account = read.data.AssumedRoleUser.Arn.split(':')[4];
    if (account !== zone.accountId) throw wrongAccount(roleArn, zone, account ?? 'unknown');
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiresAt: Expiration.getTime(),
    };
  }

  async function refresh(key: string, place: Place, purpose: Purpose): Promise<Credentials> {
    const old = held.get(key);
    try {
      const fresh = await assume(place, purpose);
      for (const [known, one] of held) if (one.expiresAt <= clock.now()) held.delete(known);
      const life = fresh.expiresAt - clock.now();
      held.set(key, { ...fresh, refreshAt: fresh.expiresAt - Math.min(REFRESH_AHEAD_MS, life / 2) });
      return fresh;
    } catch (error) {
      if (!old || old.expiresAt - clock.now() < LAST_USE_MS) throw error;
      held.set(key, { ...old, refreshAt: clock.now() + ASK_AGAIN_MS });
      log.warn(
        { err: error, place: where(place) },
        'credentials could not be refreshed; the old ones still hold',
      );
      return old;
    } finally {
      asking.delete(key);
    }
  }

  return {
    credentials(place, purpose) {
      const key = keyOf(place, purpose);
      const known = held.get(key);
      if (known && clock.now() < known.refreshAt) return Promise.resolve(known);
      const underWay = asking.get(key) ?? refresh(key, place, purpose);
      if (!asking.has(key)) asking.set(key, underWay);
      return underWay;
    },
    forget(place, purpose) {
      held.delete(keyOf(place, purpose));
    },
  };
}

function keyOf(place: Place, purpose: Purpose): string {
  return [purpose, place.landingZone, place.accountId, place.region, place.runId].join(' ');
}

/** `patchday-<run>`, in what STS allows: 2 to 64 of [\w+=,.@-]. It is on every CloudTrail line. */
export function sessionName(runId: string): string {
  return `patchday-${runId}`.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

/** Base credentials by the SDK's default chain (environment, container, instance profile, SSO, …). */
export function baseCredentials(): BaseCredentials {
  return fromNodeProviderChain();
}

function zoneOf(zones: readonly ZoneAccess[], place: Place): ZoneAccess {
  const zone = zones.find((one) => one.name === place.landingZone);
  if (!zone) {
    throw new NoCredentials(
      'UnknownLandingZone',
      `landing zone ${place.landingZone} is not in the configuration any more.`,
      false,
    );
  }
  if (zone.accountId !== place.accountId) {
    throw new NoCredentials(
      'WrongAccount',
      `landing zone ${zone.name} is account ${zone.accountId} in the configuration, but this was planned for account ${place.accountId}.`,
      false,
    );
  }
  return zone;
}

function wrongAccount(roleArn: string, zone: ZoneAccess, account: string): NoCredentials {
  return new NoCredentials(
    'WrongAccount',
    `role ${roleArn} belongs to account ${account}, but landing zone ${zone.name} is account ${zone.accountId}. Correct the role in the configuration.`,
    false,
  );
}

function cannotAssume(roleArn: string, error: unknown): NoCredentials {
  const verdict = classify(error);
  const said = error instanceof Error ? awsSays(error.message) : '';
  const fix =
    verdict.kind === 'refused'
      ? 'Check its trust policy, the external id, and that this process may call sts:AssumeRole on it.'
      : 'It is tried again.';
  return new NoCredentials(
    verdict.code,
    `role ${roleArn} could not be assumed: ${verdict.code}${said ? ` (${said})` : ''}. ${fix}`,
    verdict.kind !== 'refused',
    { cause: error },
  );
}
