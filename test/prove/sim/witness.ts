/**
 * Sees every durable write and every real effect, in order: here, what really happens at AWS is held against what
 * was written down before it, and against the promises of the design.
 */
import type { Plan } from '../../../src/workflow/plan-types.ts';
import type { SendRequest } from '../../../src/workflow/ports.ts';
import type { Effect } from '../../../src/workflow/run-types.ts';
import { type Command, type Image, type Ledger, type Machine, mayRun } from './machines.ts';
import { type KnownEffect, type RunModel, WritesWitness } from './witness-of-writes.ts';
import type { World } from './world.ts';

export class Witness extends WritesWitness implements Ledger {
  world: World | null = null;
  #late = false;
  #life = 0;

  calling(life: number): void {
    this.#life = life;
  }

  late(yes: boolean): void {
    this.#late = yes;
  }

  sent(command: Command, request: SendRequest, place: { accountId: string; region: string }) {
    this.trace(`AWS ${command.operation} ${command.id} to ${request.instanceIds.join()} ${request.comment}`);
    this.succeed(command.operation === 'Install' ? 'effect install' : 'effect scan');
    const effect = this.effects.get(request.comment);
    if (!effect || effect.ids !== [...request.instanceIds].sort().join())
      return this.violation(`${command.id} was sent without a committed intent`);
    if (++effect.acts > 1) this.violation(`${request.comment} was sent ${effect.acts} times`);
    this.#sameLife(effect, request.comment);
    if (command.operation !== 'Install') {
      if (effect.kind !== 'scan') this.violation(`${request.comment} sent a scan`);
      return;
    }
    const model = this.runs.get(effect.runId);
    const plan = model?.plans.get(model.planHash ?? '');
    if (!model || !plan || effect.kind !== 'install')
      return this.violation(`${request.comment} installs without a plan`);
    const pinned = plan.documents.find((d) => d.accountId === place.accountId && d.region === place.region);
    if (!pinned || pinned.version !== request.document.version || pinned.hash !== request.document.hash)
      this.violation(`${request.comment} is not the document of the plan`);
    if (request.parameters['RebootOption']?.[0] !== plan.rebootOption)
      this.violation(`${request.comment} has another reboot option than the plan`);
    for (const key of effect.keys) {
      const count = (model.installs.get(key) ?? 0) + 1;
      model.installs.set(key, count);
      if (count > 1 + (model.permitted.get(key) ?? 0))
        this.violation(`${key} was patched ${count} times in ${effect.runId}`);
      this.#backedUp(model, plan, key);
      this.#alone(model, command, key);
    }
  }

  #backedUp({ run }: RunModel, plan: Plan, key: string): void {
    if (!plan.backup.required || plan.backup.withoutVerifiedBackup === 'patch-without-backup') return;
    const kept = plan.targets.find((t) => t.key === key)?.keepImageId;
    const images = [...(this.world?.images.values() ?? [])].filter((i) => i.machine.key === key);
    if (!images.some((i) => i.state === 'available' && (i.runId === run.id || i.id === kept)))
      this.violation(`${key} was patched in ${run.id} without a verified backup`);
  }

  /** Two patch commands on one instance at a time only on a person's word. */
  #alone(model: RunModel, command: Command, key: string): void {
    if ((model.permitted.get(key) ?? 0) > 0 || [...this.runs.values()].some((r) => r.resolved.has(key)))
      return;
    for (const other of this.world?.commands.values() ?? []) {
      const part = [...other.parts.values()].find((p) => p.machine.key === key);
      if (other !== command && other.operation === 'Install' && part && mayRun(part))
        this.violation(`${key} got ${command.id} while ${other.id} may run on it`);
    }
  }

  imaged(image: Image, requestedFor: string): void {
    this.#untagged('create_image', image.runId, [requestedFor]);
    if (image.machine.id !== requestedFor) this.violation(`${image.id} is of another instance`);
    const same = [...(this.world?.images.values() ?? [])].filter((i) => i.name === image.name);
    if (same.length > 1) this.violation(`${image.name} was made twice`);
  }

  started(runId: string, machines: readonly Machine[]): void {
    this.#untagged(
      'start',
      runId,
      machines.map((m) => m.id),
    );
  }

  stopped(runId: string, machines: readonly Machine[]): void {
    this.#untagged(
      'stop',
      runId,
      machines.map((m) => m.id),
    );
    const model = this.runs.get(runId);
    for (const machine of machines) {
      if (!model?.started.has(machine.key))
        this.violation(`${machine.id} was stopped by ${runId}, which never started it`);
      const busy = [...(this.world?.commands.values() ?? [])].find((c) => {
        const status = c.parts.get(machine.id)?.status;
        const open = status === 'waiting' || status === 'running';
        return c.operation === 'Install' && open && !model?.disowned.has(c.comment);
      });
      const up = machine.state === 'running' || machine.state === 'pending';
      if (busy && up && !model?.stopPermitted.has(machine.key))
        this.violation(`${machine.id} was stopped while ${busy.id} may run on it`);
    }
  }

  cancelled(command: Command, ids: readonly string[]): void {
    this.#untagged('cancel', command.runId, ids);
    if (!this.runs.get(command.runId)?.stopped)
      this.violation(`${command.id} was cancelled though nobody stopped its run`);
  }

  #untagged(kind: Effect['kind'], runId: string, ids: readonly string[]) {
    this.trace(`AWS ${kind} ${ids.join()} ${runId}`);
    this.succeed(`effect ${kind}`);
    const wanted = [...ids].sort().join();
    const matching = [...this.effects.entries()].filter(
      ([, e]) => e.kind === kind && e.runId === runId && e.ids === wanted,
    );
    const effect = matching.find(([, e]) => e.acts === 0 && e.life === this.#life) ?? matching.at(-1);
    if (!effect) return this.violation(`${kind} of ${wanted} in ${runId} without a committed intent`);
    if (++effect[1].acts > 1) this.violation(`${effect[0]} was done ${effect[1].acts} times`);
    this.#sameLife(effect[1], effect[0]);
  }

  /** An intent that another process committed is looked for, never carried out. */
  #sameLife(effect: KnownEffect, tag: string): void {
    if (!this.#late && effect.life !== this.#life)
      this.violation(`${tag} was carried out by another process than the one that intended it`);
  }
}
