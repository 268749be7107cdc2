import type { StartBehaviour } from '../fleet/fleet.ts';
import { startWaiting } from './commands.ts';
import { abandonExecution, agentIsBack } from './execution.ts';
import type { SimInstance } from './model.ts';
import type { World } from './world.ts';

/** Whether a command handed to the agent now would be taken up. */
export function agentAnswers(instance: SimInstance): boolean {
  return instance.managed && instance.agentOnline && instance.state === 'running' && !instance.rebooting;
}

/** stopped → pending → running, then checks and the agent. The caller has checked the state and the capacity. */
export function startInstance(world: World, instance: SimInstance, behaviour: StartBehaviour): void {
  instance.counters.starts += 1;
  const key = String(instance.counters.starts);
  instance.state = 'pending';
  instance.stateReason = null;
  instance.transitionReason = '';
  instance.launchedAt = world.now();
  world.emit('instance', instance.id);
  world.scheduler.after(world.lifeOf(instance, 'start', key), () => {
    if (instance.state !== 'pending') return;
    if (behaviour === 'falls_back') {
      instance.state = 'stopped';
      instance.stateReason = {
        code: 'Client.InternalError',
        message: 'Client.InternalError: Client error on launch',
      };
      world.emit('instance', instance.id);
      return;
    }
    becomeRunning(world, instance, behaviour === 'agent_stays_offline' ? 'silent' : 'answers');
  });
}

function becomeRunning(world: World, instance: SimInstance, agent: 'answers' | 'silent'): void {
  instance.state = 'running';
  instance.checks = 'initializing';
  world.emit('instance', instance.id);
  const key = `start-${instance.counters.starts}`;
  later(world, instance, world.lifeOf(instance, 'checks', key), () => {
    instance.checks = 'ok';
  });
  if (agent === 'silent' || !instance.managed) return;
  later(world, instance, world.lifeOf(instance, 'agent', key), () => setAgent(world, instance, true));
}

/** running → stopping → stopped. Work in progress on the machine is cut off where it is. */
export function stopInstance(world: World, instance: SimInstance): void {
  instance.counters.stops += 1;
  instance.state = 'stopping';
  instance.checks = 'not-applicable';
  instance.transitionReason = `User initiated (${stamp(world.now())} GMT)`;
  instance.stateReason = {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
  loseMachine(world, instance);
  world.emit('instance', instance.id);
  world.scheduler.after(world.lifeOf(instance, 'stop', String(instance.counters.stops)), () => {
    if (instance.state === 'stopping') instance.state = 'stopped';
    world.emit('instance', instance.id);
  });
}

/** A reboot of the operating system: EC2 goes on saying running, the checks and the agent notice. */
export function rebootInstance(
  world: World,
  instance: SimInstance,
  then: { afterwards?: () => void; agentReturns?: boolean } = {},
): void {
  instance.counters.reboots += 1;
  const key = String(instance.counters.reboots);
  instance.rebooting = true;
  instance.checks = 'initializing';
  instance.silentSince = world.now();
  world.emit('instance', instance.id);
  later(world, instance, world.lifeOf(instance, 'reboot', key), () => {
    instance.rebooting = false;
    for (const patch of instance.patches) {
      if (patch.state === 'pending_reboot') patch.state = 'installed';
    }
    later(world, instance, world.lifeOf(instance, 'checks', `boot-${key}`), () => {
      instance.checks = instance.behaviour.checksAfterReboot === 'impaired' ? 'impaired' : 'ok';
    });
    if (then.agentReturns === false) {
      instance.agentOnline = false;
      return;
    }
    if (instance.agentOnline) instance.silentSince = null;
    then.afterwards?.();
    agentIsBack(world, instance);
    startWaiting(world, instance);
  });
}

/** Somebody's reboot from outside, for example CreateImage without NoReboot: cuts off work in progress. */
export function rebootFromOutside(world: World, instance: SimInstance): void {
  abandonExecution(world, instance);
  rebootInstance(world, instance);
}

/** The agent starts or stops answering; on its return it reports what it could not and takes waiting commands. */
export function setAgent(world: World, instance: SimInstance, online: boolean): void {
  if (instance.agentOnline === online) return;
  instance.agentOnline = online;
  instance.silentSince = online ? null : world.now();
  world.emit('instance', instance.id);
  if (!agentAnswers(instance)) return;
  agentIsBack(world, instance);
  startWaiting(world, instance);
}

/** What a stop does to the machine and everything on it. */
export function loseMachine(world: World, instance: SimInstance): void {
  abandonExecution(world, instance);
  for (const timer of instance.timers) timer.cancel();
  instance.timers.clear();
  instance.unsent.length = 0;
  instance.rebooting = false;
  instance.agentOnline = false;
  instance.silentSince ??= world.now();
  for (const patch of instance.patches) {
    if (patch.state === 'pending_reboot') patch.state = 'installed';
  }
}

/** Schedules something that a stop of the machine cancels. */
function later(world: World, instance: SimInstance, lifeMs: number, run: () => void): void {
  const scheduled = world.scheduler.after(lifeMs, () => {
    instance.timers.delete(scheduled);
    run();
    world.emit('instance', instance.id);
  });
  instance.timers.add(scheduled);
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
