import type { InstallBehaviour } from '../fleet/fleet.ts';
import { finish } from './commands.ts';
import type { PatchReport, SimInstance, SimInvocation, SimPatch } from './model.ts';
import { failedText, installedText, raceText, scanFailedText, scannedText, stepFailed } from './output.ts';
import { reportNow } from './patch-report.ts';
import { agentAnswers, rebootInstance } from './power.ts';
import { behave } from './script.ts';
import type { World } from './world.ts';

/**
 * What AWS-RunPatchBaseline does on the machine. The patches change on the machine when the work is done;
 * what SSM gets to know, and when, is a matter of the agent: a report waits until it answers.
 */

const RACE_FAILS_AFTER_MS = 3_000;

export function runOnMachine(world: World, invocation: SimInvocation): void {
  const { instance, command } = invocation;
  if (instance.executing) {
    instance.counters.patchRaces += 1;
    if (operationOf(invocation) === 'Install') instance.counters.installs += 1;
    work(world, invocation, Math.min(RACE_FAILS_AFTER_MS, world.lifeOf(instance, 'scan', command.id)), () =>
      report(invocation, () => fail(world, invocation, 152, raceText(instance))),
    );
    return;
  }
  const overrides = ['InstallOverrideList', 'BaselineOverride'].filter((key) => command.parameters[key]?.[0]);
  if (overrides.length === 2) {
    work(world, invocation, 1_000, () =>
      report(invocation, () => fail(world, invocation, 167, stepFailed(instance, 167))),
    );
    return;
  }
  instance.executing = invocation;
  if (operationOf(invocation) === 'Scan') scan(world, invocation);
  else install(world, invocation);
}

export function operationOf(invocation: SimInvocation): 'Scan' | 'Install' {
  return invocation.command.parameters['Operation']?.[0] === 'Install' ? 'Install' : 'Scan';
}

function rebootOptionOf(invocation: SimInvocation): PatchReport['rebootOption'] {
  return invocation.command.parameters['RebootOption']?.[0] === 'NoReboot' ? 'NoReboot' : 'RebootIfNeeded';
}

function scan(world: World, invocation: SimInvocation): void {
  const { instance, command } = invocation;
  instance.counters.scans += 1;
  const behaviour = behave(world, instance, 'scan', 'succeeds');
  const startedAt = world.now();
  if (behaviour === 'hangs') {
    hang(world, invocation);
    return;
  }
  work(world, invocation, world.lifeOf(instance, 'scan', command.id), () => {
    release(instance, invocation);
    if (behaviour === 'agent_lost') {
      goSilent(world, instance);
      return;
    }
    if (behaviour === 'fails') {
      report(invocation, () => fail(world, invocation, 1, scanFailedText(instance)));
      return;
    }
    const result = patchReport(world, invocation, startedAt, false);
    report(invocation, () => {
      upload(invocation, result);
      invocation.output = scannedText(instance, command);
      succeed(world, invocation);
    });
  });
}

function install(world: World, invocation: SimInvocation): void {
  const { instance, command } = invocation;
  instance.counters.installs += 1;
  const behaviour = behave(world, instance, 'install', 'succeeds');
  const startedAt = world.now();
  if (behaviour === 'hangs') {
    hang(world, invocation);
    return;
  }
  const life = world.lifeOf(instance, 'install', command.id);
  if (behaviour === 'agent_lost') work(world, invocation, life / 2, () => goSilent(world, instance));
  work(world, invocation, life, () => {
    const touched = applyPatches(world, instance, behaviour, rebootOptionOf(invocation));
    const reboots = rebootOptionOf(invocation) === 'RebootIfNeeded' && touched.needsReboot;
    const result = patchReport(world, invocation, startedAt, reboots);
    report(invocation, () => upload(invocation, result));
    const end = () => {
      release(instance, invocation);
      report(invocation, () => {
        const { exitCode, stderr } = failureOf(instance, touched.failed);
        invocation.output = installedText(instance, command, touched.installed, touched.failed, reboots);
        if (touched.failed.length > 0) fail(world, invocation, exitCode, stderr);
        else succeed(world, invocation);
      });
    };
    if (!reboots) {
      end();
      return;
    }
    const agentReturns = behaviour !== 'agent_lost_after_reboot';
    if (!agentReturns) instance.executing = null;
    rebootInstance(world, instance, { afterwards: end, agentReturns });
  });
}

interface Touched {
  installed: SimPatch[];
  failed: SimPatch[];
  /** RebootIfNeeded does not look at need: it reboots when anything was installed or still pends. */
  needsReboot: boolean;
}

function applyPatches(
  world: World,
  instance: SimInstance,
  behaviour: InstallBehaviour,
  rebootOption: PatchReport['rebootOption'],
): Touched {
  const open = instance.patches.filter((patch) => patch.state === 'missing' || patch.state === 'failed');
  const half = Math.ceil(open.length / 2);
  const takes =
    behaviour === 'fails'
      ? 0
      : behaviour === 'partly'
        ? half
        : behaviour === 'still_missing'
          ? open.length - 1
          : open.length;
  const installed = open.slice(0, Math.max(0, takes));
  const left = open.slice(Math.max(0, takes));
  for (const patch of installed) {
    patch.state = rebootOption === 'NoReboot' ? 'pending_reboot' : 'installed';
    patch.installedAt = world.now();
  }
  const failed = behaviour === 'still_missing' ? [] : left;
  for (const patch of failed) patch.state = 'failed';
  const pending = instance.patches.some((patch) => patch.state === 'pending_reboot');
  return { installed, failed, needsReboot: installed.length > 0 || pending };
}

function failureOf(instance: SimInstance, failed: SimPatch[]): { exitCode: number; stderr: string } {
  return instance.behaviour.failure ?? { exitCode: 1, stderr: failedText(instance, failed) };
}

function patchReport(
  world: World,
  invocation: SimInvocation,
  startedAt: number,
  aboutToReboot: boolean,
): PatchReport {
  const head = {
    operation: operationOf(invocation),
    startedAt,
    endedAt: world.now(),
    snapshotId: invocation.command.parameters['SnapshotId']?.[0] || world.newUuid('patch-snapshot'),
    rebootOption: rebootOptionOf(invocation),
  };
  return reportNow(invocation.instance, head, aboutToReboot);
}

/** With BaselineOverride compliance is not uploaded: SSM keeps the old numbers. */
function upload(invocation: SimInvocation, result: PatchReport): void {
  if (!invocation.command.parameters['BaselineOverride']?.[0]) invocation.instance.report = result;
}

/** A command that is being cancelled may still end before the cancel arrives. */
function isOpen(invocation: SimInvocation): boolean {
  return invocation.status === 'InProgress' || invocation.status === 'Cancelling';
}

function succeed(world: World, invocation: SimInvocation): void {
  if (!isOpen(invocation)) return;
  invocation.exitCode = 0;
  finish(world, invocation, 'Success', 'Success');
}

function fail(world: World, invocation: SimInvocation, exitCode: number, errorOutput: string): void {
  if (!isOpen(invocation)) return;
  invocation.exitCode = exitCode;
  invocation.errorOutput = errorOutput;
  finish(world, invocation, 'Failed', 'Failed');
}

/** Never ends by itself: the agent kills it when the document's time is over. */
function hang(world: World, invocation: SimInvocation): void {
  work(world, invocation, world.options.documentTimeoutMs, () => {
    release(invocation.instance, invocation);
    report(invocation, () => {
      if (isOpen(invocation)) finish(world, invocation, 'TimedOut', 'ExecutionTimedOut');
    });
  });
}

function goSilent(world: World, instance: SimInstance): void {
  instance.agentOnline = false;
  instance.silentSince = world.now();
  world.emit('instance', instance.id);
}

/** Tells SSM now, or when the agent answers again. */
function report(invocation: SimInvocation, tell: () => void): void {
  if (agentAnswers(invocation.instance)) tell();
  else invocation.instance.unsent.push(tell);
}

export function agentIsBack(world: World, instance: SimInstance): void {
  if (!agentAnswers(instance)) return;
  for (const tell of instance.unsent.splice(0)) tell();
  world.emit('instance', instance.id);
}

/** The machine went down under it, or the process was killed: it will never report. */
export function abandonExecution(world: World, instance: SimInstance): void {
  const invocation = instance.executing;
  if (!invocation) return;
  if (operationOf(invocation) === 'Install') instance.counters.interruptedInstalls += 1;
  for (const timer of instance.timers) timer.cancel();
  instance.timers.clear();
  instance.executing = null;
  world.emit('instance', instance.id);
}

function release(instance: SimInstance, invocation: SimInvocation): void {
  if (instance.executing === invocation) instance.executing = null;
}

/** Work on the machine goes on whatever SSM thinks of the invocation; only the machine going down ends it. */
function work(world: World, invocation: SimInvocation, lifeMs: number, run: () => void): void {
  const { instance } = invocation;
  const scheduled = world.scheduler.after(lifeMs, () => {
    instance.timers.delete(scheduled);
    run();
    world.emit('instance', instance.id);
  });
  instance.timers.add(scheduled);
}
