/** The ports over the simulated world. Everything is what the adapters on the SDK promise, faults included. */
import type { Instance } from '../../../src/workflow/instance.ts';
import {
  type Aws,
  type BackupLook,
  InDoubt,
  type Invocation,
  LookFailed,
  NoEffect,
  type Place,
} from '../../../src/workflow/ports.ts';
import { type Machine, MINUTE, SECOND } from './machines.ts';
import type { World } from './world.ts';

export function fakeAws(world: World): Aws {
  const { timeline, random, faults, machines } = world;
  const now = () => timeline.now();

  function maySee(): void {
    if (faults.fires('look_failed'))
      throw new LookFailed('Throttling', 'AWS did not answer the question.', true);
  }

  /** One mutating call: refused, in doubt before, after or long before its effect, or simply done. */
  function change<T>(ids: readonly string[], effect: () => T): T {
    const fault = faults.oneOf(
      'no_effect_later',
      'no_effect_never',
      'in_doubt_before',
      'in_doubt_after',
      'in_doubt_late',
    );
    switch (fault) {
      case 'no_effect_later':
        throw new NoEffect('ThrottlingException', 'AWS asked for a pause. Nothing was changed.', 'later');
      case 'no_effect_never': {
        const named = random.chance(0.5) ? [random.pick(ids)] : [];
        throw new NoEffect('InvalidInstanceId', 'AWS refused it. Nothing was changed.', 'never', {
          badInstanceIds: named,
        });
      }
      case 'in_doubt_before':
        throw new InDoubt('The connection was reset.');
      case 'in_doubt_after':
        effect();
        throw new InDoubt('The connection was reset.');
      case 'in_doubt_late':
        timeline.after(random.between(SECOND, 20 * SECOND), () => {
          world.ledger.late(true);
          try {
            effect();
          } catch (error) {
            // Refused after all, with nobody left to be told.
            if (!(error instanceof NoEffect)) throw error;
          } finally {
            world.ledger.late(false);
          }
        });
        throw new InDoubt('AWS did not answer in time.');
      default:
        return effect();
    }
  }

  function missing(ids: readonly string[]): string[] {
    return ids.filter((id) => (machines.get(id)?.state ?? 'terminated') === 'terminated');
  }

  function known(ids: readonly string[]): Machine[] {
    const gone = missing(ids);
    if (gone.length > 0)
      throw new NoEffect(
        'InvalidInstanceID.NotFound',
        `The instances ${gone.join(', ')} do not exist.`,
        'never',
        {
          badInstanceIds: gone,
        },
      );
    return ids.flatMap((id) => machines.get(id) ?? []);
  }

  return {
    fleet: {
      async discover(zone, scope) {
        maySee();
        return [...machines.values()]
          .filter((m) => m.zone === zone && m.state !== 'terminated')
          .filter((m) => scope.only === null || scope.only.includes(m.key))
          .map(toInstance);
      },
      async describe(_place, ids) {
        maySee();
        return ids.flatMap((id) => {
          const machine = machines.get(id);
          return machine && machine.state !== 'terminated' ? [toInstance(machine)] : [];
        });
      },
      async missingPatches() {
        maySee();
        return [];
      },
      async nearestNames(zone) {
        return [...machines.values()].filter((m) => m.zone === zone).map((m) => m.name);
      },
    },
    power: {
      async start(place, ids) {
        change(ids, () => world.start(place.runId, known(ids)));
      },
      async stop(place, ids) {
        change(ids, () => world.stop(place.runId, known(ids)));
      },
      async look(_place, ids) {
        maySee();
        return new Map(
          ids.flatMap((id) => {
            const m = machines.get(id);
            if (!m) return [];
            const { state, stateReason } = m.shown ?? m;
            const ok = state === 'running' && m.checksOk;
            return [
              [
                id,
                {
                  state,
                  stateReason,
                  checks: { ok, text: ok ? 'ok' : 'instance check: initializing' },
                },
              ],
            ] as const;
          }),
        );
      },
    },
    images: {
      async create(place, { instanceId, name }) {
        return change([instanceId], () => {
          const [machine] = known([instanceId]);
          const taken = [...world.images.values()].find((i) => i.name === name);
          if (taken && taken.visibleAt > now())
            throw new NoEffect('InvalidAMIName.Duplicate', 'The name is taken and not listed yet.', 'later');
          if (taken) return taken.id;
          if (!machine) throw new NoEffect('InvalidInstanceID.NotFound', 'No such instance.', 'never');
          return world.createImage(place.runId, name, machine, instanceId).id;
        });
      },
      async find(_place, { name }) {
        maySee();
        const image = [...world.images.values()].find((i) => i.name === name && i.visibleAt <= now());
        return image ? { found: image.id } : 'absent';
      },
      async look(_place, ids) {
        maySee();
        const looks = new Map<string, BackupLook>();
        for (const id of ids) {
          const image = world.images.get(id);
          if (!image || image.visibleAt > now()) continue;
          looks.set(
            id,
            image.state === 'available'
              ? { state: 'verified', snapshotIds: [`snap-${id}`] }
              : image.state === 'failed'
                ? { state: 'failed', text: 'the image failed' }
                : { state: 'pending', text: 'snapshot at 40 %' },
          );
        }
        return looks;
      },
      async list() {
        return [];
      },
    },
    commands: {
      async document(_place, name) {
        maySee();
        return { name, version: '1', hash: 'a'.repeat(64) };
      },
      async send(place, request) {
        return change(request.instanceIds, () => {
          const ids = request.instanceIds;
          const bad = ids.filter((id) => {
            const m = machines.get(id);
            return !m || m.agent === 'not_managed' || m.state === 'terminated';
          });
          if (bad.length > 0)
            throw new NoEffect('InvalidInstanceId', `Not managed: ${bad.join(', ')}.`, 'never', {
              badInstanceIds: bad,
            });
          const command = world.send(place.runId, request, place);
          return { commandId: command.id, expiresAt: command.expiresAt };
        });
      },
      async find(_place, comment, since) {
        maySee();
        const matches = [...world.commands.values()].filter(
          (c) => c.comment === comment && c.visibleAt <= now() && c.sentAt >= since - 15 * MINUTE,
        );
        const [match] = matches;
        if (!match) return 'absent';
        if (matches.length > 1) return 'unsure';
        return { found: { commandId: match.id, expiresAt: match.expiresAt } };
      },
      async invocations(_place, commandId) {
        maySee();
        const command = world.commands.get(commandId);
        if (!command || command.visibleAt > now()) return [];
        return [...command.parts.values()].map(
          ({ machine, status, detail, startedAt, endedAt }): Invocation => ({
            instanceId: machine.id,
            status,
            detail,
            startedAt,
            endedAt,
          }),
        );
      },
      async output(_place, commandId, instanceId) {
        maySee();
        const part = world.commands.get(commandId)?.parts.get(instanceId);
        return { exitCode: part?.exitCode ?? null, stdout: 'output', stderr: '' };
      },
      async sentSince(_place, prefix, since) {
        maySee();
        return [...world.commands.values()]
          .filter((c) => c.visibleAt <= now() && c.sentAt >= since && c.comment.startsWith(prefix))
          .map((c) => ({
            commandId: c.id,
            comment: c.comment,
            document: { name: 'AWS-RunPatchBaseline', version: '1' },
            instanceIds: [...c.parts.keys()],
            parameters: { Operation: [c.operation] },
            requestedAt: c.sentAt,
            expiresAt: c.expiresAt,
          }));
      },
      async othersInProgress(_place, ids, own) {
        maySee();
        const found = new Map<string, { commandId: string; documentName: string; comment: string }>();
        for (const id of ids) {
          const machine = machines.get(id);
          if (machine && machine.otherCommandUntil > now())
            found.set(id, { commandId: `other-${id}`, documentName: 'Somebody-Script', comment: '' });
          for (const command of world.commands.values()) {
            const status = command.parts.get(id)?.status;
            if (command.visibleAt <= now() && !own.includes(command.id) && unfinished(status))
              found.set(id, {
                commandId: command.id,
                documentName: 'AWS-RunPatchBaseline',
                comment: command.comment,
              });
          }
        }
        return found;
      },
      async cancel(_place, commandId, ids) {
        change(ids, () => {
          const command = world.commands.get(commandId);
          if (!command) throw new NoEffect('InvalidCommandId', 'No such command.', 'never');
          world.cancel(command, ids);
        });
      },
    },
    patchStates: {
      async look(_place, ids) {
        maySee();
        return new Map(
          ids.flatMap((id) => {
            const seen = machines.get(id)?.reported;
            if (!seen) return [];
            const { operation, at, snapshotId } = seen;
            return [[id, { counts: countsOf(seen), operation, endedAt: at, snapshotId }]] as const;
          }),
        );
      },
      async installedSince(_place, id, since) {
        maySee();
        return (machines.get(id)?.installed ?? [])
          .filter((p) => p.at >= since)
          .map((p) => ({ title: p.title, kbId: '', severity: '', state: 'Installed' }));
      },
      async stillMissing(_place, id) {
        maySee();
        return Array.from({ length: machines.get(id)?.missing ?? 0 }, (_, i) => `missing ${i + 1}`);
      },
    },
    identity: {
      async confirmAccount(_place: Place) {
        if (faults.fires('wrong_account'))
          throw new LookFailed('WrongAccount', 'The role is in another account.', false);
        maySee();
      },
    },
    async pace() {
      if (faults.fires('pace_wait'))
        await timeline.sleep(random.between(SECOND, random.pick([MINUTE, 90 * MINUTE])));
    },
  };
}

function unfinished(status: string | undefined): boolean {
  return status === 'waiting' || status === 'running';
}

function countsOf(seen: NonNullable<Machine['reported']>) {
  const { missing, failed, pendingReboot } = seen;
  return { missing, failed, pendingReboot, installed: 10, critical: 0, security: missing, other: 0 };
}

function toInstance(m: Machine): Instance {
  return {
    key: m.key,
    instanceId: m.id,
    name: m.name,
    landingZone: m.zone,
    accountId: m.accountId,
    region: m.region,
    availabilityZone: `${m.region}a`,
    instanceType: 't3.small',
    privateAddress: '10.0.0.1',
    platform: m.platform,
    platformVersion: '',
    state: m.shown?.state ?? m.state,
    rootDevice: 'ebs',
    ssm: { ping: m.agent, lastPingAt: m.lastPingAt, agentVersion: '3.3.2746.0' },
    patchGroup: null,
    tags: { ...m.tags },
    lastPatch: m.reported
      ? { operation: m.reported.operation, at: m.reported.at, snapshotId: m.reported.snapshotId }
      : null,
    counts: m.reported ? countsOf(m.reported) : null,
  };
}
