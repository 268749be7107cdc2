/**
 * The truth: instances, images and commands as they really are, moved by the timeline. What the program may
 * know of it goes through fake-aws.ts, late and incomplete.
 */
import type { Instance } from '../../../src/workflow/instance.ts';
import type { SendRequest } from '../../../src/workflow/ports.ts';
import type { Faults } from './faults.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export interface Machine {
  key: string;
  id: string;
  name: string;
  zone: string;
  accountId: string;
  region: string;
  platform: 'windows' | 'linux';
  state: Instance['state'];
  stateReason: string;
  agent: 'online' | 'connection_lost' | 'not_managed';
  lastPingAt: number;
  /** What EC2 still shows of its power for a moment, or null. */
  shown: { state: Instance['state']; stateReason: string } | null;
  checksOk: boolean;
  tags: Record<string, string>;
  missing: number;
  failed: number;
  pendingReboot: number;
  installed: { title: string; at: number }[];
  /** What Systems Manager shows of it, late. */
  reported: {
    missing: number;
    failed: number;
    pendingReboot: number;
    operation: 'Scan' | 'Install';
    at: number;
    snapshotId: string | null;
  } | null;
  /** Running because this run started it, until somebody stops it. */
  startedBy: string | null;
  otherCommandUntil: number;
}

export type PartStatus =
  | 'waiting'
  | 'running'
  | 'success'
  | 'failed'
  | 'timed_out'
  | 'cancelled'
  | 'not_delivered'
  | 'denied';

export interface Part {
  machine: Machine;
  status: PartStatus;
  detail: string;
  startedAt: number | null;
  endedAt: number | null;
  exitCode: number | null;
}

/** In truth, whatever Systems Manager shows. */
export function mayRun({ status, machine }: Part): boolean {
  return (status === 'waiting' || status === 'running') && machine.state === 'running';
}

export interface Command {
  id: string;
  runId: string;
  comment: string;
  operation: 'Install' | 'Scan';
  snapshotId: string | null;
  sentAt: number;
  visibleAt: number;
  expiresAt: number;
  parts: Map<string, Part>;
}

export interface Image {
  id: string;
  name: string;
  runId: string;
  machine: Machine;
  state: 'pending' | 'available' | 'failed';
  visibleAt: number;
}

/** Told of every real effect, at the instant at which it takes place. */
export interface Ledger {
  sent(command: Command, request: SendRequest, place: { accountId: string; region: string }): void;
  imaged(image: Image, requestedFor: string): void;
  started(runId: string, machines: readonly Machine[]): void;
  stopped(runId: string, machines: readonly Machine[]): void;
  cancelled(command: Command, ids: readonly string[]): void;
  /** What follows was asked for by a call that gave up waiting before. */
  late(yes: boolean): void;
}

const EXECUTION_LIMIT = 2 * HOUR;

export class World {
  readonly machines = new Map<string, Machine>();
  readonly commands = new Map<string, Command>();
  readonly images = new Map<string, Image>();
  readonly timeline: Timeline;
  readonly random: Random;
  readonly faults: Faults;
  readonly ledger: Ledger;
  /** AWS shows what was done within this time; the program's grace must be longer. */
  readonly consistency = 90 * SECOND;

  constructor(timeline: Timeline, random: Random, faults: Faults, ledger: Ledger) {
    this.timeline = timeline;
    this.random = random;
    this.faults = faults;
    this.ledger = ledger;
  }

  send(runId: string, request: SendRequest, place: { accountId: string; region: string }): Command {
    const { timeline, random, faults } = this;
    const now = timeline.now();
    const command: Command = {
      id: `c-${this.commands.size + 1}`,
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
      const machine = this.machines.get(id);
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
    this.commands.set(command.id, command);
    this.ledger.sent(command, request, place);
    return command;
  }

  #hiddenFor(): number {
    switch (this.faults.oneOf('command_hidden_long', 'command_hidden')) {
      case 'command_hidden_long':
        return this.random.between(this.consistency, HOUR);
      case 'command_hidden':
        return this.random.between(SECOND, this.consistency);
      default:
        return 0;
    }
  }

  cancel(command: Command, ids: readonly string[]): void {
    this.ledger.cancelled(command, ids);
    for (const id of ids) {
      const part = command.parts.get(id);
      if (part?.status === 'waiting') this.#end(part, 'cancelled', 'Cancelled');
    }
  }

  createImage(runId: string, name: string, machine: Machine, requestedFor: string): Image {
    const { timeline, random, faults } = this;
    const now = timeline.now();
    const image: Image = {
      id: `ami-${this.images.size + 1}`,
      name,
      runId,
      machine,
      state: 'pending',
      visibleAt: now + (faults.fires('image_hidden') ? random.between(SECOND, this.consistency) : 0),
    };
    this.images.set(image.id, image);
    this.ledger.imaged(image, requestedFor);
    if (!faults.fires('image_hangs')) {
      const fails = faults.fires('image_failed');
      timeline.after(random.between(MINUTE, 20 * MINUTE), () => {
        image.state = fails ? 'failed' : 'available';
      });
    }
    return image;
  }

  start(runId: string, machines: readonly Machine[]): void {
    const { timeline, random, faults } = this;
    this.ledger.started(runId, machines);
    for (const machine of machines) {
      if (machine.state !== 'stopped') continue;
      this.#stale(machine);
      machine.state = 'pending';
      machine.stateReason = '';
      machine.startedBy = runId;
      machine.checksOk = false;
      const fault = faults.oneOf('start_falls_back', 'start_hangs', 'checks_impaired');
      timeline.after(random.between(5 * SECOND, MINUTE), () => {
        if (machine.state !== 'pending') return;
        if (fault === 'start_falls_back') {
          machine.state = 'stopped';
          machine.stateReason = 'Client.InvalidKMSKey.InvalidState';
          machine.startedBy = null;
          return;
        }
        machine.state = 'running';
        if (fault === 'start_hangs') return;
        timeline.after(random.between(10 * SECOND, 3 * MINUTE), () => {
          if (machine.state !== 'running') return;
          machine.checksOk = fault !== 'checks_impaired';
          this.setAgent(machine, 'online');
        });
      });
    }
  }

  stop(runId: string | null, machines: readonly Machine[]): void {
    if (runId !== null) this.ledger.stopped(runId, machines);
    for (const machine of machines) {
      if (machine.state !== 'running' && machine.state !== 'pending') continue;
      this.#stale(machine);
      machine.state = 'stopping';
      machine.stateReason = 'Client.UserInitiatedShutdown: User initiated shutdown';
      machine.startedBy = null;
      this.setAgent(machine, 'connection_lost');
      if (runId !== null && this.faults.fires('stop_hangs')) continue;
      this.timeline.after(this.random.between(5 * SECOND, 2 * MINUTE), () => {
        if (machine.state === 'stopping') machine.state = 'stopped';
      });
    }
  }

  /** EC2's answers are consistent in the end only. */
  #stale(machine: Machine): void {
    if (!this.faults.fires('power_state_late')) return;
    const { state, stateReason } = machine;
    machine.shown = { state, stateReason };
    this.timeline.after(this.random.between(SECOND, this.consistency), () => {
      machine.shown = null;
    });
  }

  /** Somebody else's start: nobody here stops it again. */
  startByOthers(machine: Machine): void {
    if (machine.state !== 'stopped') return;
    machine.state = 'running';
    machine.stateReason = '';
    machine.checksOk = true;
    this.setAgent(machine, 'online');
  }

  /** The vendor's patch day: something is missing again, and the next scan of the baseline shows it. */
  publishPatches(): void {
    for (const machine of this.machines.values()) {
      machine.missing += this.random.between(0, 3);
      if (machine.reported) machine.reported = { ...machine.reported, missing: machine.missing };
    }
  }

  terminate(machine: Machine): void {
    machine.state = 'terminated';
    machine.startedBy = null;
    this.setAgent(machine, 'connection_lost');
  }

  setAgent(machine: Machine, agent: Machine['agent']): void {
    if (machine.agent === agent) return;
    machine.lastPingAt = this.timeline.now();
    machine.agent = agent;
    if (agent !== 'online') return;
    for (const command of this.commands.values()) {
      const part = command.parts.get(machine.id);
      if (part?.status === 'waiting') this.timeline.after(SECOND, () => this.#deliver(command, part));
    }
  }

  #deliver(command: Command, part: Part) {
    const { timeline, random, faults } = this;
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
    if (fault === 'agent_lost_in_install') this.setAgent(machine, 'connection_lost');
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
    const now = this.timeline.now();
    if (how === 'timed_out') return this.#end(part, 'timed_out', 'ExecutionTimedOut');
    if (how === 'failed') {
      part.exitCode = this.random.pick([1, 2, 156]);
      return this.#end(part, 'failed', 'Failed');
    }
    if (how !== 'scanned') {
      const put = how !== 'installed' ? Math.floor(machine.missing / 2) : machine.missing;
      for (let i = 0; i < put; i++)
        machine.installed.push({ title: `patch ${machine.installed.length + 1}`, at: now });
      machine.missing -= put;
      machine.failed = how === 'partial' ? machine.missing : 0;
      if (this.faults.fires('needs_reboot')) machine.pendingReboot = 1;
    }
    const seen = {
      missing: machine.missing,
      failed: machine.failed,
      pendingReboot: machine.pendingReboot,
      operation: how === 'scanned' ? ('Scan' as const) : ('Install' as const),
      at: now,
      snapshotId: command.snapshotId,
    };
    const late = this.faults.fires('patch_state_late') ? this.random.between(SECOND, this.consistency) : 0;
    this.timeline.after(late, () => {
      if (machine.reported === null || machine.reported.at <= seen.at) machine.reported = seen;
    });
    if (how !== 'scanned' && this.random.chance(0.4)) this.#reboot(machine);
    part.exitCode = 0;
    if (how !== 'partial') return this.#end(part, 'success', 'Success');
    part.exitCode = 1;
    this.#end(part, 'failed', 'Failed');
  }

  #reboot(machine: Machine): void {
    this.setAgent(machine, 'connection_lost');
    machine.checksOk = false;
    this.timeline.after(this.random.between(30 * SECOND, 4 * MINUTE), () => {
      if (machine.state !== 'running') return;
      machine.checksOk = !this.faults.fires('checks_impaired');
      this.setAgent(machine, 'online');
    });
  }

  #end(part: Part, status: PartStatus, detail: string): void {
    part.status = status;
    part.detail = detail;
    part.endedAt = this.timeline.now();
  }
}
