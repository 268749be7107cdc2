/** What there is in a simulated company: instances, commands, images, as they really are. */
import type { Instance } from '../../../src/workflow/instance.ts';
import type { Invocation, SendRequest } from '../../../src/workflow/ports.ts';

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

export type PartStatus = Invocation['status'];

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
