import type { PatchReport, ReportedPatchState, SimInstance, SimPatch } from './model.ts';

type Head = Pick<PatchReport, 'operation' | 'startedAt' | 'endedAt' | 'snapshotId' | 'rebootOption'>;

/**
 * What the machine tells SSM now. A Scan lists what is missing; an Install lists what failed but nothing as
 * missing, and when it is about to reboot it already counts pending ones as installed.
 */
export function reportNow(instance: SimInstance, head: Head, aboutToReboot = false): PatchReport {
  const entries: PatchReport['entries'] = [];
  for (const patch of instance.patches) {
    const state = reportedState(patch, head.operation, aboutToReboot);
    if (state) entries.push({ patch, state, installedAt: patch.installedAt });
  }
  const lastNoReboot = instance.report?.lastNoRebootInstallAt ?? null;
  const isNoReboot = head.operation === 'Install' && head.rebootOption === 'NoReboot';
  return { ...head, lastNoRebootInstallAt: isNoReboot ? head.endedAt : lastNoReboot, entries };
}

function reportedState(
  patch: SimPatch,
  operation: PatchReport['operation'],
  aboutToReboot: boolean,
): ReportedPatchState | null {
  switch (patch.state) {
    case 'installed':
      return 'INSTALLED';
    case 'pending_reboot':
      return aboutToReboot ? 'INSTALLED' : 'INSTALLED_PENDING_REBOOT';
    case 'failed':
      return operation === 'Scan' ? 'MISSING' : 'FAILED';
    case 'missing':
      return operation === 'Scan' ? 'MISSING' : null;
  }
}

/** How many of the reported patches are in a state. */
export function countReported(report: PatchReport, state: ReportedPatchState): number {
  return report.entries.filter((entry) => entry.state === state).length;
}
