/** Defects that let something begin that must wait: locks, stop, freeze, backups, accounts. */
import type { Defect } from '../defect.ts';

export const HOLD_DEFECTS: readonly Defect[] = [
  {
    name: 'zone lock not taken',
    promise: 'one run per landing zone',
    changes: [
      {
        file: 'src/store/sqlite-store.ts',
        find: '      for (const zone of request.lockZones) {\n        const held',
        replace:
          '      request = { ...request, lockZones: [] };\n      for (const zone of request.lockZones) {\n        const held',
      },
    ],
    prove: ['--only', 'hold', '--case', 'one-run'],
    noticedAs: /3 runs were begun on one landing zone/,
  },
  {
    name: 'one_live_effect is no unique index',
    promise: 'at most one automatic patch effect',
    changes: [
      {
        file: 'src/store/migrations/0001-initial.sql',
        find: 'CREATE UNIQUE INDEX one_live_effect',
        replace: 'CREATE INDEX one_live_effect',
      },
    ],
    prove: ['--only', 'hold', '--case', 'second-live-effect'],
    noticedAs: /a second backup of one instance was let begin/,
  },
  {
    name: 'snapshots of a backup not looked at',
    promise: 'no verified backup, no patch',
    changes: [
      {
        file: 'src/aws/image-verdict.ts',
        find: '  if (broken?.snapshot) {',
        replace:
          "  if (image.State === 'available') return { state: 'verified', snapshotIds: [] };\n  if (broken?.snapshot) {",
      },
    ],
    prove: ['--only', 'hold', '--case', 'backup-snapshot_error'],
    noticedAs: /it was patched without a verified backup/,
  },
  {
    name: 'a failed backup does not keep from patching',
    promise: 'no verified backup, no patch',
    changes: [
      {
        file: 'src/workflow/effects/create-image.ts',
        find: "  if (policy?.withoutVerifiedBackup === 'patch-without-backup') {",
        replace: '  if (policy) {',
      },
    ],
    prove: ['--only', 'hold', '--case', 'backup-failed'],
    noticedAs: /it was patched without a verified backup/,
  },
  {
    name: 'stop not checked in the transaction of the intent',
    promise: 'stop: no new effect afterwards',
    changes: [
      {
        file: 'src/store/intend.ts',
        find: 'if (run.stopRequestedAt !== null) throw',
        replace: 'if (run.stopRequestedAt === -1) throw',
      },
    ],
    prove: ['--only', 'hold', '--case', 'stop-just-before'],
    noticedAs: /patch commands went out after the stop/,
  },
  {
    name: 'freeze not checked in the transaction of the intent',
    promise: 'freeze: no new effect while it lasts',
    changes: [
      {
        file: 'src/store/intend.ts',
        find: "SELECT 1 FROM freezes WHERE scope = 'all'",
        replace: "SELECT 1 FROM freezes WHERE scope = 'none'",
      },
    ],
    prove: ['--only', 'hold', '--case', 'freeze-just-before'],
    noticedAs: /patch commands went out while frozen/,
  },
  {
    name: 'account of the role not compared',
    promise: 'no change in a wrong account',
    changes: [
      {
        file: 'src/aws/sessions.ts',
        find: 'if (account !== zone.accountId) throw wrongAccount',
        replace: "if (account === 'none') throw wrongAccount",
      },
      {
        file: 'src/aws/identity.ts',
        find: 'if (Account === place.accountId) return;',
        replace: 'if (Account !== "") return;',
      },
    ],
    prove: ['--only', 'identity', '--case', 'patch-role-of-another'],
    noticedAs: /SendCommand in 444400000001/,
  },
  {
    name: 'an intent is not held against the instances that it asks for',
    promise: 'nothing outside the approved plan is changed',
    changes: [
      { file: 'src/store/intend.ts', find: 'if (!asksForItsTargets(intent))', replace: 'if (!intent)' },
    ],
    prove: ['--only', 'hold', '--case', 'another-instance'],
    noticedAs: /reached an instance that is not in the approved plan/,
  },
];
