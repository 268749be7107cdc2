/** What the AWS adapters are given: plain data, mapped from the configuration by the composition root. */
import type { Clock, Place } from '../workflow/ports.ts';

export interface ZoneAccess {
  name: string;
  accountId: string;
  regions: readonly string[];
  readRoleArn: string;
  /** Null: nothing may be changed in this landing zone. */
  patchRoleArn: string | null;
  externalId: string;
  /** Only instances with one of the values of each of these tags exist for Patchday (EC2 filters). */
  tagFilters: readonly { key: string; values: readonly string[] }[];
}

/** One call as it goes over the wire. Each retry of a read counts. */
export interface AwsCall {
  service: 'ec2' | 'ssm' | 'sts';
  operation: string;
  mutating: boolean;
  place: Place;
}

/** The one choke point of all calls. Crash tests end the process in here; production has none. */
export interface AwsHooks {
  /** Signed and about to be sent. */
  before?(call: AwsCall): void | Promise<void>;
  /** Answered (`ok` also for an error answer), or broken off without an answer. */
  after?(call: AwsCall, outcome: 'answered' | 'no_answer'): void | Promise<void>;
}

export interface AwsLog {
  warn(detail: Readonly<Record<string, unknown>>, message: string): void;
}

export interface AwsOptions {
  zones: readonly ZoneAccess[];
  /** Longest time from sending one request to having read its whole answer, in ms. */
  apiTimeoutMs: number;
  clock: Clock;
  hooks?: AwsHooks;
  log?: AwsLog;
  /** Takes secrets out of what AWS said and commands printed, before anybody else sees it. */
  scrub?: (text: string) => string;
  /** Multiplies the rates of pace(); above 1 only against a simulator. */
  paceScale?: number;
  /** Instances that this process runs on: no call that changes them is sent. */
  ownInstanceIds?: () => readonly string[];
}
