import type { FleetDefinition, RoleDefinition } from './fleet/fleet.ts';
import type { Identity } from './handlers/operation.ts';
import { ApiError, type Service } from './wire/api-error.ts';
import type { World } from './world/world.ts';

export interface Session {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiresAt: number;
  identity: Identity;
}

export interface RoleRequest {
  roleArn: string;
  sessionName: string;
  durationSeconds: number;
  externalId: string | undefined;
}

/** Sessions made by AssumeRole, and the base keys of the hub account. Real time, whatever the clock's speed. */
export class Sessions {
  readonly #world: World;
  readonly #fleet: FleetDefinition;
  readonly #sessions = new Map<string, Session>();

  constructor(world: World) {
    this.#world = world;
    this.#fleet = world.options.fleet;
  }

  /** Who the keys of a request stand for. Throws the service's own error for missing, unknown or expired ones. */
  identify(service: Service, accessKeyId: string | undefined, token: string | undefined): Identity {
    if (accessKeyId === undefined) throw missingCredentials(service);
    const { hub } = this.#fleet;
    if (hub.accessKeyIds.includes(accessKeyId)) {
      return {
        accountId: hub.accountId,
        arn: `arn:aws:sts::${hub.accountId}:assumed-role/${hub.roleName}/sandbox`,
        userId: `AROA${this.#world.random.hex('hub-role', 17).toUpperCase()}:sandbox`,
        kind: 'hub',
        roleName: hub.roleName,
      };
    }
    const session = this.#sessions.get(accessKeyId);
    if (!session || session.sessionToken !== token) throw unknownCredentials(service);
    if (session.expiresAt <= this.#world.now()) throw expiredCredentials(service);
    return session.identity;
  }

  /** Makes a session for a role of a landing zone. Throws AccessDenied or ValidationError as STS does. */
  assume(caller: Identity, request: RoleRequest): Session & { role: RoleDefinition } {
    const [, accountId, roleName] =
      /^arn:aws:iam::(\d{12}):role\/([\w+=,.@-]{1,64})$/.exec(request.roleArn) ?? [];
    if (!accountId || !roleName) {
      throw new ApiError('ValidationError', `${request.roleArn} is invalid`);
    }
    const zone = this.#world.zones.get(accountId);
    const role = zone?.roles.find((r) => r.name === roleName);
    // The same answer whether the role is missing or its trust policy refuses: STS tells neither from the other.
    if (!zone || !role || caller.kind !== 'hub' || request.externalId !== zone.externalId) {
      throw new ApiError(
        'AccessDenied',
        `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${request.roleArn}`,
        403,
      );
    }
    if (request.durationSeconds > role.maxSessionSeconds) {
      throw new ApiError(
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      );
    }
    const number = this.#world.next('session');
    const key = `session:${accountId}:${roleName}:${number}`;
    const roleId = `AROA${this.#world.random.hex(`role:${accountId}:${roleName}`, 17).toUpperCase()}`;
    const session: Session = {
      accessKeyId: `ASIA${this.#world.random.hex(key, 16).toUpperCase()}`,
      secretAccessKey: this.#world.random.hex(`${key}:secret`, 40),
      sessionToken: `SANDBOX${this.#world.random.hex(`${key}:token`, 56)}`,
      expiresAt: this.#world.now() + request.durationSeconds * 1000,
      identity: {
        accountId,
        arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${request.sessionName}`,
        userId: `${roleId}:${request.sessionName}`,
        kind: role.kind,
        roleName,
      },
    };
    this.#sessions.set(session.accessKeyId, session);
    return { ...session, role };
  }

  /** Every key, secret and token handed out so far: nobody but the one who asked may ever show them. */
  secrets(): string[] {
    return [...this.#sessions.values()].flatMap((s) => [s.accessKeyId, s.secretAccessKey, s.sessionToken]);
  }

  /** Ends every session made so far, as if its time were over. */
  expireAll(): void {
    for (const session of this.#sessions.values()) session.expiresAt = this.#world.now();
  }
}

function missingCredentials(service: Service): ApiError {
  if (service === 'ssm')
    return new ApiError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  if (service === 'sts') {
    return new ApiError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  return new ApiError('AuthFailure', 'AWS was not able to validate the provided access credentials', 401);
}

function unknownCredentials(service: Service): ApiError {
  const message = 'The security token included in the request is invalid.';
  if (service === 'ssm') return new ApiError('UnrecognizedClientException', message);
  if (service === 'sts') return new ApiError('InvalidClientTokenId', message, 403);
  return new ApiError('AuthFailure', 'AWS was not able to validate the provided access credentials', 401);
}

function expiredCredentials(service: Service): ApiError {
  const message = 'The security token included in the request is expired';
  if (service === 'ssm') return new ApiError('ExpiredTokenException', message);
  if (service === 'sts') return new ApiError('ExpiredToken', message, 403);
  return new ApiError('RequestExpired', 'Request has expired.');
}
