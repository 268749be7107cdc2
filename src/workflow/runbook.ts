/** The phases of a run in order, to be read from top to bottom; decide.ts acts on them. */
import type { Phase, Stage } from './run-types.ts';

/** What a person is told while a run is there; the comments say what is done. */
export const RUNBOOK: readonly { phase: Phase; says: string }[] = [
  // Read every landing zone and region of the scope: EC2 joined with Systems Manager. A zone that fails is
  // shown as failed and hides no other.
  { phase: 'discover', says: 'looking at the instances' },
  // Only with --fresh: AWS-RunPatchBaseline Operation=Scan on everything that can be reached, then discover
  // again.
  { phase: 'fresh_scan', says: 'scanning for missing patches' },
  // Explicit instances, waves, document, times and policies, hashed. A dry run ends here.
  { phase: 'plan', says: 'making the plan' },
  // Until enough approvers other than the requester approved this very plan, or the time to do so is over.
  { phase: 'await_approval', says: 'waiting for approval' },
  // Until "start not before"; then ask once more whether the approvers still are approvers and the accounts
  // are the planned ones.
  { phase: 'await_start', says: 'approved, waiting for its start' },
  // Wave by wave: read eligibility again, back up, start what was stopped, patch, verify, stop again what
  // was started, then the gate.
  { phase: 'waves', says: 'patching' },
  // Files, thread and card, within a minute of the end.
  { phase: 'report', says: 'writing the report' },
  // Nothing. Locks on landing zones are gone; instances with a lost command stay locked.
  { phase: 'ended', says: 'ended' },
];

/** The way of one target through its wave. */
export const STAGES: readonly { stage: Stage; says: string }[] = [
  { stage: 'queued', says: 'waiting for its wave' },
  { stage: 'backing_up', says: 'backing up' },
  { stage: 'powering_on', says: 'starting' },
  { stage: 'ready', says: 'ready to patch' },
  { stage: 'patching', says: 'patching' },
  { stage: 'verifying', says: 'verifying' },
  { stage: 'powering_off', says: 'stopping again' },
  { stage: 'done', says: 'done' },
];

export function saysPhase(phase: Phase): string {
  return RUNBOOK.find((p) => p.phase === phase)?.says ?? phase;
}

export function saysStage(stage: Stage): string {
  return STAGES.find((s) => s.stage === stage)?.says ?? stage;
}
