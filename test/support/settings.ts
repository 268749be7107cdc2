/** Settings for tests in which hours pass in seconds. Imports nothing that runs: the domain's tests stay light. */
import type { EnvironmentPolicy, Timing } from '../../src/workflow/settings.ts';

export const REQUESTERS = { groups: ['SREQ'], users: [] };
export const APPROVERS = { groups: ['SAPP'], users: [] };

export const FAST_TIMING: Timing = {
  pollImages: 10,
  pollCommands: 10,
  pollPower: 10,
  effectGrace: 150,
  lostAgentAfter: 400,
  verifyTimeout: 3000,
  backupTimeout: 3000,
  startTimeout: 3000,
  deliveryTimeout: 30_000,
  installWorstCase: 1000,
  rebootAllowance: 100,
  scanStaleAfter: 7 * 86_400_000,
  backOff: 5,
};

export function policy(changes: Partial<EnvironmentPolicy> = {}): EnvironmentPolicy {
  return {
    name: 'test',
    channelId: 'CTEST',
    timeZone: 'Europe/Berlin',
    requesters: REQUESTERS,
    approvers: APPROVERS,
    approvalsRequired: 1,
    approvalTtl: 3_600_000,
    startDefault: 'now',
    window: { days: ['sun'], from: '02:00', until: '06:00' },
    backup: { required: true, noReboot: true, retentionDays: 14, withoutVerifiedBackup: 'skip' },
    reboot: 'if-needed',
    waveSize: 10,
    failureBudget: 10,
    runLengthLimit: 8 * 3_600_000,
    stoppedInstances: 'skip',
    batchSize: 50,
    checks: [],
    ...changes,
  };
}
