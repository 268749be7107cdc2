/** All of AWS behind the workflow's ports. */
import type { Finding } from '../ops/finding.ts';
import type { Aws, Place } from '../workflow/ports.ts';
import { type Calls, createCalls } from './calls.ts';
import { createClients, type Purpose } from './clients.ts';
import { createCommands } from './commands.ts';
import { examineZone } from './doctor.ts';
import { createFleet } from './fleet.ts';
import { createHandedOut } from './handed-out.ts';
import { createIdentity } from './identity.ts';
import { createImages } from './images.ts';
import type { AwsOptions } from './options.ts';
import { createPacer } from './pace.ts';
import { createPatchStates } from './patch-states.ts';
import { createPower } from './power.ts';
import { baseCredentials, createSessions, type Sessions } from './sessions.ts';

export { createApplicationChecks } from './checks.ts';
export type { AwsCall, AwsHooks, AwsLog, AwsOptions, ZoneAccess } from './options.ts';
export { createOwnHost, type HostAnswer, type OwnHost } from './own-host.ts';

/** Adapters for all landing zones. Nothing is asked of AWS until a port is used. */
export function createAws(options: AwsOptions): Aws {
  return connect(options).aws;
}

/** Looks at everything a landing zone must allow, zone by zone. Changes nothing. */
export async function examineAws(options: AwsOptions): Promise<Finding[]> {
  const { aws, calls } = connect(options);
  const findings: Finding[] = [];
  for (const zone of options.zones) findings.push(...(await examineZone(calls, aws.identity, zone)));
  return findings;
}

function connect(options: AwsOptions): { aws: Aws; calls: Calls } {
  const log = options.log ?? { warn: () => undefined };
  const base = baseCredentials();
  const handedOut = createHandedOut(options.clock, options.scrub ?? ((text) => text));
  const pacer = createPacer(options.clock, options.paceScale ?? 1);

  // The SDK asks before every request; `memoized` keeps it from holding an answer until shortly before its expiry.
  function provider(place: Place, purpose: Purpose) {
    const provide = async () => {
      const { accessKeyId, secretAccessKey, sessionToken } = await sessions.credentials(place, purpose);
      return { accessKeyId, secretAccessKey, sessionToken };
    };
    return Object.assign(provide, { memoized: true });
  }

  const clients = createClients({
    apiTimeoutMs: options.apiTimeoutMs,
    hooks: options.hooks ?? {},
    credentials: provider,
    scrub: handedOut.scrub,
  });
  const sessions: Sessions = createSessions({
    zones: options.zones,
    clock: options.clock,
    log,
    remember: handedOut.remember,
    sts: (place) => clients.sts(place, base),
  });
  const calls = createCalls(clients, sessions.forget, options.ownInstanceIds ?? (() => []));

  const aws: Aws = {
    fleet: createFleet(calls, options.zones, log),
    power: createPower(calls, pacer),
    images: createImages(calls, pacer, options.zones),
    commands: createCommands(calls, options.clock, pacer, log, handedOut.scrub),
    patchStates: createPatchStates(calls, log),
    identity: createIdentity(
      (place) => clients.sts(place, provider(place, 'change')),
      (place) => sessions.forget(place, 'change'),
    ),
    pace: (place, family) => pacer.pace(place, family),
  };
  return { aws, calls };
}
