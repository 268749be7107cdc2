/**
 * The truth: instances, images and commands as they really are, moved by the timeline. What the program may
 * know of it goes through fake-aws.ts, late and incomplete.
 */
import type { SendRequest } from '../../../src/workflow/ports.ts';
import { CommandLife } from './command-life.ts';
import type { Faults } from './faults.ts';
import { type Command, type Image, type Ledger, type Machine, MINUTE, SECOND } from './machines.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

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
  readonly #commandLife = new CommandLife(this);

  constructor(timeline: Timeline, random: Random, faults: Faults, ledger: Ledger) {
    this.timeline = timeline;
    this.random = random;
    this.faults = faults;
    this.ledger = ledger;
  }

  send(runId: string, request: SendRequest, place: { accountId: string; region: string }): Command {
    return this.#commandLife.send(runId, request, place);
  }

  cancel(command: Command, ids: readonly string[]): void {
    this.#commandLife.cancel(command, ids);
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
    if (agent === 'online') this.#commandLife.reachable(machine);
  }
}
