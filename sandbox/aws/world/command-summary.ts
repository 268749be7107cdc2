import { type SimCommand, type SimInvocation, TERMINAL } from './model.ts';

/** A number of targets, or a percentage of all of them (at least one where `atLeast` says so). */
export function amount(text: string, total: number, atLeast: number): number {
  const value = Number.parseInt(text, 10);
  if (!text.endsWith('%')) return value;
  return Math.max(atLeast, Math.floor((total * value) / 100));
}

/** Failures that count against MaxErrors: not those that never reached the machine. */
export function countedErrors(command: SimCommand): number {
  return command.invocations.filter(
    (i) => (i.status === 'Failed' && i.details === 'Failed') || i.details === 'ExecutionTimedOut',
  ).length;
}

export interface CommandSummary {
  status: string;
  details: string;
  targets: number;
  completed: number;
  errors: number;
  deliveryTimedOut: number;
}

/** The parent's status, which can say Success over undeliverable invocations. */
export function summarize(command: SimCommand): CommandSummary {
  const all = command.invocations;
  const unfinished = all.filter((i) => !TERMINAL.has(i.status));
  const deliveryTimedOut = all.filter((i) => i.details === 'DeliveryTimedOut').length;
  const counts = {
    targets: all.length,
    completed: all.length - unfinished.length,
    errors: all.filter((i) => i.status === 'Failed' || i.details === 'ExecutionTimedOut').length,
    deliveryTimedOut,
  };
  const [status, details] = parentStatus(command, unfinished);
  return { ...counts, status, details };
}

function parentStatus(command: SimCommand, unfinished: SimInvocation[]): [status: string, details: string] {
  const all = command.invocations;
  if (command.rateExceeded) return ['Failed', 'RateExceeded'];
  if (unfinished.length > 0) {
    if (command.cancelRequested) return ['Cancelling', 'Cancelling'];
    if (all.every((i) => i.status === 'Pending')) return ['Pending', 'Pending'];
    return ['InProgress', 'InProgress'];
  }
  const judged = all.filter((i) => i.details !== 'Undeliverable');
  if (judged.length === 0) return ['Failed', 'Failed'];
  if (countedErrors(command) > amount(command.maxErrors, all.length, 0)) return ['Failed', 'Failed'];
  if (judged.every((i) => i.status === 'Success')) return ['Success', 'Success'];
  if (judged.every((i) => i.details === 'DeliveryTimedOut')) return ['TimedOut', 'DeliveryTimedOut'];
  if (judged.every((i) => i.details === 'AccessDenied')) return ['Failed', 'AccessDenied'];
  if (command.cancelRequested) return ['Cancelled', 'Cancelled'];
  return ['Failed', 'Incomplete'];
}
