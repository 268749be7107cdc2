/** The company of one seed: its fleet, its policy, its clocks. */
import type { Settings } from '../../../src/workflow/settings.ts';
import { HOUR, type Machine, MINUTE, SECOND } from './machines.ts';
import type { Random } from './random.ts';
import { APPROVER_GROUP, REQUESTER_GROUP } from './staff.ts';

/** A Sunday, 00:30 in Berlin. */
export const START = Date.UTC(2026, 10, 14, 23, 30);
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export function makeSettings(random: Random): Settings {
  const zones = random.between(1, 2);
  const poll = random.pick([MINUTE, 3 * MINUTE, 10 * MINUTE]);
  return {
    teamId: 'TOURS',
    timing: {
      pollImages: poll,
      pollCommands: poll,
      pollPower: random.pick([20 * SECOND, MINUTE]),
      effectGrace: random.pick([2 * MINUTE, 5 * MINUTE]),
      lostAgentAfter: 30 * MINUTE,
      verifyTimeout: random.pick([15 * MINUTE, 40 * MINUTE]),
      backupTimeout: random.pick([30 * MINUTE, 2 * HOUR]),
      startTimeout: 10 * MINUTE,
      deliveryTimeout: 10 * MINUTE,
      installWorstCase: random.pick([HOUR, 2 * HOUR]),
      rebootAllowance: 10 * MINUTE,
      scanStaleAfter: 7 * 24 * HOUR,
      backOff: 10 * SECOND,
    },
    environments: [
      {
        name: 'test',
        channelId: 'C1',
        timeZone: 'Europe/Berlin',
        requesters: REQUESTER_GROUP,
        approvers: APPROVER_GROUP,
        approvalsRequired: random.pick([1, 1, 2]),
        approvalTtl: random.pick([HOUR, 12 * HOUR]),
        startDefault: random.pick(['now', 'scheduled']),
        window: { days: DAYS, from: '02:00', until: random.pick(['06:00', '09:00']) },
        backup: {
          required: random.chance(0.85),
          noReboot: true,
          retentionDays: 14,
          withoutVerifiedBackup: random.pick(['skip', 'skip', 'patch-without-backup']),
        },
        reboot: random.pick(['if-needed', 'never']),
        waveSize: random.pick([1, 2, 3, { percent: 50 }, { percent: 100 }]),
        failureBudget: random.pick([0, 1, 5, { percent: 30 }]),
        runLengthLimit: random.pick([5 * HOUR, 8 * HOUR]),
        stoppedInstances: random.pick(['skip', 'start', 'start']),
        batchSize: random.pick([1, 2, 50]),
        checks: random.chance(0.3)
          ? [
              {
                name: 'web',
                type: 'tcp',
                tag: null,
                port: 443,
                path: '/',
                expectStatus: 200,
                timeoutMs: 1000,
              },
            ]
          : [],
      },
    ],
    zones: Array.from({ length: zones }, (_, i) => ({
      name: `zone-${i + 1}`,
      accountId: `11110000000${i + 1}`,
      environment: 'test',
      regions: ['eu-west-1'],
      patchEnabled: true,
      include: { tags: [], namePattern: null, instanceIds: [] },
      exclude: { tags: [], namePattern: null, instanceIds: [] },
      protectedTags: [{ key: 'protected', value: 'yes' }],
      confirmAbove: random.pick([2, 100]),
      othersPatchHere: false,
    })),
  };
}

/** What an administrator changed while the program was away. Plans that exist already are not touched by it. */
export function reconfigured(random: Random, settings: Settings): Settings {
  const poll = random.pick([MINUTE, 3 * MINUTE, 10 * MINUTE]);
  return {
    ...settings,
    timing: { ...settings.timing, pollImages: poll, pollCommands: poll },
    environments: settings.environments.map((e) => ({
      ...e,
      waveSize: random.pick([1, 2, 3]),
      batchSize: random.pick([1, 2, 50]),
      failureBudget: random.pick([0, 1, 5]),
      stoppedInstances: random.pick(['skip', 'start']),
      approvalsRequired: random.pick([1, 2]),
      backup: { ...e.backup, required: random.chance(0.8) },
    })),
  };
}

export function makeMachines(random: Random, settings: Settings): Machine[] {
  return settings.zones.flatMap((zone, z) =>
    Array.from({ length: random.between(1, 4) }, (_, i): Machine => {
      const stopped = random.chance(0.35);
      const id = `i-${z + 1}0${i + 1}`;
      const missing = random.chance(0.9) ? random.between(1, 9) : 0;
      return {
        key: `${zone.accountId}/eu-west-1/${id}`,
        id,
        name: `app-${z + 1}-${i + 1}`,
        zone: zone.name,
        accountId: zone.accountId,
        region: 'eu-west-1',
        platform: random.chance(0.3) ? 'windows' : 'linux',
        state: stopped ? 'stopped' : 'running',
        stateReason: stopped
          ? random.pick([
              '',
              'Client.UserInitiatedShutdown: User initiated shutdown',
              'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
            ])
          : '',
        shown: null,
        agent: stopped ? 'connection_lost' : random.chance(0.95) ? 'online' : 'not_managed',
        lastPingAt: START - HOUR,
        checksOk: !stopped,
        tags: random.chance(0.05) ? { protected: 'yes' } : {},
        missing,
        failed: 0,
        pendingReboot: 0,
        installed: [],
        reported: random.chance(0.8)
          ? {
              missing,
              failed: 0,
              pendingReboot: 0,
              operation: 'Scan',
              at: START - random.between(1, 10) * 24 * HOUR,
              snapshotId: null,
            }
          : null,
        startedBy: null,
        otherCommandUntil: 0,
      };
    }),
  );
}
