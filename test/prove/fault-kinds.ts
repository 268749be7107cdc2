/** Faults that strike at random, in virtual time and in real time: which there are, and which of them struck. */
import type { AwsControl } from '../../sandbox/aws/control.ts';
import type { FaultKind, FaultSpec } from '../../sandbox/aws/faults.ts';
import type { RecordedCall } from '../../sandbox/slack/journal.ts';
import type { Random } from './sim/random.ts';

export const AWS_FAULTS: readonly (readonly [FaultKind, FaultSpec['when']])[] = [
  ['reset', 'before'],
  ['reset', 'after'],
  ['stall', 'before'],
  ['stall', 'after'],
  ['http500', 'before'],
  ['http500', 'after'],
  ['http503', 'before'],
  ['throttle', 'before'],
  ['slow', 'after'],
  ['hide', 'after'],
  ['denied', 'before'],
];
export const CHANGING = ['CreateImage', 'SendCommand', 'SendCommand', 'StartInstances', 'StopInstances'];
export const READING = [
  'DescribeImages',
  'DescribeInstances',
  'ListCommands',
  'ListCommandInvocations',
  'AssumeRole',
];

/** One of those that can strike this call, once or twice. `delays`: how long a slow answer takes, ms. */
export function randomAwsFault(random: Random, operation: string, delays: readonly number[]): FaultSpec {
  const fits = AWS_FAULTS.filter(
    ([kind]) => kind !== 'hide' || operation === 'SendCommand' || operation === 'CreateImage',
  );
  const [kind, when] = random.pick(fits);
  return { operation, kind, when, times: random.between(1, 2), delayMs: random.pick(delays) };
}

/** What is hidden comes to light, and a permission that was taken away is given back. */
export function clearAwsFaults(control: AwsControl, count: (kind: string, times: number) => void): void {
  for (const { spec, fired } of control.faults()) count(`aws ${spec.kind} ${spec.when}`, fired);
  control.clearFaults();
}

/** Counts those of Slack that are only seen in the answers that it gave. */
export function countSlackFaults(calls: readonly RecordedCall[], count: (kind: string) => void): void {
  for (const call of calls) {
    if (call.answered === 'reset') count(call.tookEffect ? 'slack_answer_lost' : 'slack_reset');
    else if (call.answered?.status === 429) count('slack_rate_limited');
  }
}
