/** What becomes of a command that Systems Manager took: delivery, execution, its end, on each instance by itself. */
import type { SendRequest } from '../../../src/workflow/ports.ts';
import { type Command, HOUR, type Machine, MINUTE, type Part, type PartStatus, SECOND } from './machines.ts';
import type { World } from './world.ts';

const EXECUTION_LIMIT = 2 * HOUR;

export class CommandLife {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  send(runId: string, request: SendRequest, place: { accountId: string; region: string }): Command {
    const { timeline, random, faults } = this.#world;
    const now = timeline.now();
    const command: Command = {
      id: `c-${this.#world.commands.size + 1}`,
      runId,
      comment: request.comment,
      operation: request.parameters['Operation']?.[0] === 'Install' ? 'Install' : 'Scan',
      snapshotId: request.parameters['SnapshotId']?.[0] ?? null,
      sentAt: now,
      visibleAt: now + this.#hiddenFor(),
      expiresAt: now + request.deliveryTimeoutSeconds * SECOND + EXECUTION_LIMIT,
      parts: new Map(),
    };
    for (const id of request.instanceIds) {
      const machine = this.#world.machines.get(id);
      if (!machine) continue;
      const part: Part = {
        machine,
        status: 'waiting',
        detail: 'Pending',
        startedAt: null,
        endedAt: null,
        exitCode: null,
      };
      command.parts.set(id, part);
      const slow = faults.fires('slow_delivery') ? random.between(MINUTE, 12 * MINUTE) : 0;
      timeline.after(random.between(SECOND, 5 * SECOND) + slow, () => this.#deliver(command, part));
      timeline.after(request.deliveryTimeoutSeconds * SECOND, () => {
        if (part.status === 'waiting') this.#end(part, 'not_delivered', 'DeliveryTimedOut');
      });
    }
    this.#world.commands.set(command.id, command);
    this.#world.ledger.sent(command, request, place);
    return command;
  }

  #hiddenFor(): number {
    switch (this.#world.faults.oneOf('command_hidden_long', 'command_hidden')) {
      case 'command_hidden_long':
        return this.#world.random.between(this.#world.consistency, HOUR);
      case 'command_hidden':
        return this.#world.random.between(SECOND, this.#world.consistency);
      default:
        return 0;
    }
  }

  cancel(command: Command, ids: readonly string[]): void {
    this.#world.ledger.cancelled(command, ids);
    for (const id of ids) {
      const part = command.parts.get(id);
      if (part?.status === 'waiting') this.#end(part, 'cancelled', 'Cancelled');
    }
  }

  /** Its agent is online again: what waits for it is delivered. */
  reachable(machine: Machine): void {
    for (const command of this.#world.commands.values()) {
      const part = command.parts.get(machine.id);
      if (part?.status === 'waiting') this.#world.timeline.after(SECOND, () => this.#deliver(command, part));
    }
  }

  #deliver(command: Command, part: Part) {
    const { timeline, random, faults } = this.#world;
    const { machine } = part;
    if (part.status !== 'waiting') return;
    const install = command.operation === 'Install';
    const refused = install ? faults.oneOf('undeliverable', 'denied', 'delivery_timed_out') : null;
    if (refused === 'undeliverable') return this.#end(part, 'not_delivered', 'Undeliverable');
    if (refused === 'denied') return this.#end(part, 'denied', 'AccessDenied');
    // Never reaches the agent: the delivery time-out ends it.
    if (refused === 'delivery_timed_out') return;
    if (machine.state !== 'running' || machine.agent !== 'online') return;
    part.status = 'running';
    part.detail = 'InProgress';
    part.startedAt = timeline.now();
    if (!install) {
      const fails = faults.fires('scan_failed');
      timeline.after(random.between(20 * SECOND, 2 * MINUTE), () =>
        this.#finish(command, part, fails ? 'failed' : 'scanned'),
      );
      return;
    }
    const fault = faults.oneOf(
      'install_failed',
      'install_partial',
      'install_incomplete',
      'install_hangs',
      'agent_lost_in_install',
    );
    // However it goes on, Systems Manager ends it at its limit, unless the agent never says so.
    if (fault === 'agent_lost_in_install') this.#world.setAgent(machine, 'connection_lost');
    if (fault === 'install_hangs' || fault === 'agent_lost_in_install') {
      if (fault === 'install_hangs' && random.chance(0.5)) {
        timeline.after(EXECUTION_LIMIT, () => this.#finish(command, part, 'timed_out'));
      }
      return;
    }
    timeline.after(random.between(MINUTE, 40 * MINUTE), () =>
      this.#finish(
        command,
        part,
        fault === 'install_failed'
          ? 'failed'
          : fault === 'install_partial'
            ? 'partial'
            : fault === 'install_incomplete'
              ? 'incomplete'
              : 'installed',
      ),
    );
  }

  #finish(
    command: Command,
    part: Part,
    how: 'installed' | 'partial' | 'incomplete' | 'failed' | 'scanned' | 'timed_out',
  ) {
    const { machine } = part;
    // What went away under the command never reports.
    if (part.status !== 'running' || machine.state !== 'running') return;
    const now = this.#world.timeline.now();
    if (how === 'timed_out') return this.#end(part, 'timed_out', 'ExecutionTimedOut');
    if (how === 'failed') {
      part.exitCode = this.#world.random.pick([1, 2, 156]);
      return this.#end(part, 'failed', 'Failed');
    }
    if (how !== 'scanned') {
      const put = how !== 'installed' ? Math.floor(machine.missing / 2) : machine.missing;
      for (let i = 0; i < put; i++)
        machine.installed.push({ title: `patch ${machine.installed.length + 1}`, at: now });
      machine.missing -= put;
      machine.failed = how === 'partial' ? machine.missing : 0;
      if (this.#world.faults.fires('needs_reboot')) machine.pendingReboot = 1;
    }
    const seen = {
      missing: machine.missing,
      failed: machine.failed,
      pendingReboot: machine.pendingReboot,
      operation: how === 'scanned' ? ('Scan' as const) : ('Install' as const),
      at: now,
      snapshotId: command.snapshotId,
    };
    const late = this.#world.faults.fires('patch_state_late')
      ? this.#world.random.between(SECOND, this.#world.consistency)
      : 0;
    this.#world.timeline.after(late, () => {
      if (machine.reported === null || machine.reported.at <= seen.at) machine.reported = seen;
    });
    if (how !== 'scanned' && this.#world.random.chance(0.4)) this.#reboot(machine);
    part.exitCode = 0;
    if (how !== 'partial') return this.#end(part, 'success', 'Success');
    part.exitCode = 1;
    this.#end(part, 'failed', 'Failed');
  }

  #reboot(machine: Machine): void {
    this.#world.setAgent(machine, 'connection_lost');
    machine.checksOk = false;
    this.#world.timeline.after(this.#world.random.between(30 * SECOND, 4 * MINUTE), () => {
      if (machine.state !== 'running') return;
      machine.checksOk = !this.#world.faults.fires('checks_impaired');
      this.#world.setAgent(machine, 'online');
    });
  }

  #end(part: Part, status: PartStatus, detail: string): void {
    part.status = status;
    part.detail = detail;
    part.endedAt = this.#world.timeline.now();
  }
}
