import type { WorkflowStore } from '../changes.ts';
import type { ApplicationChecks, Aws, Clock, Directory, Ids } from '../ports.ts';
import type { Run } from '../run-types.ts';
import type { Settings } from '../settings.ts';
import type { RunView } from '../view.ts';

/** Everything that the workflow reaches the outside through. */
export interface Outside {
  aws: Aws;
  checks: ApplicationChecks;
  directory: Directory;
  store: WorkflowStore;
  clock: Clock;
  ids: Ids;
  settings: Settings;
  /** Instances that Patchday itself runs on, as far as known now: they are never touched. */
  ownInstanceIds(): readonly string[];
  /** Writes the files of a finished run to disk. Doing it again changes nothing. */
  writeReport(runId: Run['id']): Promise<void>;
  view(runId: Run['id']): RunView | null;
  /** How far the clock is known to be off, in words, when windows and expiries cannot be told by it; else null. */
  clockTrouble?(): string | null;
  /** The process is about to end: no new effect is begun. */
  draining?(): boolean;
}

/** What a task says when it could not be done now. The same task is tried again after the pause. */
export type TaskResult = { done: true } | { done: false; why: string; retryInMs: number };
