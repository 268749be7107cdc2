/** Defects that let something run without the approval of another person. */
import type { Defect } from '../defect.ts';

export const APPROVAL_DEFECTS: readonly Defect[] = [
  {
    name: 'hash of the stored plan not checked',
    promise: 'what was approved is what runs',
    changes: [
      {
        file: 'src/workflow/approval.ts',
        find: 'if (request.planHashNow !== run.planHash) {',
        replace: 'if (request.planHashNow === null) {',
      },
    ],
    prove: ['--only', 'approval', '--seeds', '1000'],
    noticedAs: /a stored plan that was tampered with: was approved/,
  },
  {
    name: 'approval of an older plan taken',
    promise: 'what was approved is what runs',
    changes: [
      {
        file: 'src/workflow/approval.ts',
        find: 'if (request.clickedHash !== run.planHash) {',
        replace: "if (request.clickedHash === 'none') {",
      },
    ],
    prove: ['--only', 'approval', '--seeds', '1000'],
    noticedAs: /an approval of the old plan was taken/,
  },
  {
    name: 'approver group not checked',
    promise: 'identity is checked live against the approver group',
    changes: [
      {
        file: 'src/workflow/permissions.ts',
        find: '  if (!member) {',
        replace: "  if (!member && deed !== 'approve') {",
      },
    ],
    prove: ['--only', 'approval', '--seeds', '1000'],
    noticedAs: /somebody of neither group: was approved/,
  },
  {
    name: 'own request not checked',
    promise: 'the requester cannot approve',
    changes: [
      {
        file: 'src/workflow/permissions.ts',
        find: 'if (permission.notTheRequester && run.requesters.includes(facts.userId)) {',
        replace: "if (deed !== 'approve' && run.requesters.includes(facts.userId)) {",
      },
    ],
    prove: ['--only', 'approval', '--seeds', '1000'],
    noticedAs: /sentence: the requester: was approved/,
  },
  {
    name: 'expiry one millisecond late',
    promise: 'an approval expires',
    changes: [
      {
        file: 'src/workflow/approval.ts',
        find: 'if (now >= plan.approval.expiresAt) {',
        replace: 'if (now > plan.approval.expiresAt) {',
      },
    ],
    prove: ['--only', 'approval', '--seeds', '1000'],
    noticedAs: /at the very end: was approved/,
  },
  {
    name: 'a click delivered again is taken again',
    promise: 'an approval is single-use',
    changes: [
      {
        file: 'src/workflow/approval.ts',
        find: '  if (mine) {',
        replace: '  if (mine && current.length > 99) {',
      },
    ],
    prove: ['--only', 'approval', '--seeds', '1000'],
    noticedAs: /was counted twice/,
  },
  {
    name: 'hash of the stored plan not checked before a later wave',
    promise: 'what was approved is what runs',
    changes: [
      {
        file: 'src/workflow/gate.ts',
        find: 'if (plan === null || state.planHashNow !== run.planHash) {',
        replace: 'if (plan === null) {',
      },
      {
        file: 'src/store/intend.ts',
        find: 'if (intent.forward && stored && stored.hash !== intent.planHash)',
        replace: 'if (intent.forward && stored && stored.hash === null)',
      },
    ],
    prove: ['--only', 'approval', '--case', 'a plan that somebody changed in the file between two waves'],
    // Not one instance of it is patched even so: each is held against the hash again.
    noticedAs: /changed in the file between two waves: it says: (?!.*does not match)/,
  },
  {
    name: 'end of the window not looked at before a later wave',
    promise: 'no new wave after the time that was approved',
    changes: [
      {
        file: 'src/workflow/gate.ts',
        find: 'if (now > plan.noNewWaveAfter) {',
        replace: 'if (now > plan.windowEnd) {',
      },
      // Otherwise the wake-up in the past would have it look without a pause.
      { file: 'src/workflow/gate.ts', find: 'wakeAt: plan.noNewWaveAfter + 1,', replace: 'wakeAt: null,' },
    ],
    prove: ['--only', 'approval', '--case', 'a window that ends between two waves'],
    noticedAs: /did not end: the end of the run/,
  },
  {
    name: 'an approver who was taken out of the configuration still counts',
    promise: 'whoever approved is asked about again, live',
    changes: [
      {
        file: 'src/workflow/tasks/still-approved.ts',
        find: 'groups: approval.groups.filter((group) => now.groups.includes(group)),',
        replace: 'groups: approval.groups,',
      },
    ],
    prove: ['--only', 'approval', '--case', 'taken out of the configuration'],
    noticedAs: /configuration before the start: the run ended as completed, not halted/,
  },
  {
    name: 'a start and waves by a clock that is known to be wrong',
    promise: 'no new wave after the time that was approved',
    changes: [
      {
        file: 'src/workflow/tasks/still-approved.ts',
        find: 'if (trouble === null) return null;',
        replace: "if (trouble !== '') return null;",
      },
    ],
    prove: ['--only', 'approval', '--case', 'known to be wrong'],
    noticedAs: /it went on by a clock that was known to be wrong/,
  },
];
