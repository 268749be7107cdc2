/** Defects that let a stand-in do more than the configuration gives them, and one that forgets a revocation. */
import type { Defect } from '../defect.ts';

const FILE = 'src/workflow/stand-in.ts';
const PROVE = ['--only', 'approval', '--seeds', '3000', '--case', 'history'] as const;

export const STAND_IN_DEFECTS: readonly Defect[] = [
  {
    name: 'stand-in after their time',
    promise: 'a stand-in approves only while the configuration says so',
    changes: [{ file: FILE, find: 'if (now >= entry.until)', replace: 'if (now > entry.until)' }],
    prove: PROVE,
    noticedAs: /history-\d+: U. was let approve/,
  },
  {
    name: 'stand-in before their time',
    promise: 'a stand-in approves only while the configuration says so',
    changes: [{ file: FILE, find: 'if (now < entry.from)', replace: 'if (now < 0)' }],
    prove: PROVE,
    noticedAs: /history-\d+: U. was let approve/,
  },
  {
    name: 'stand-in for somebody who is no approver',
    promise: 'identity is checked live against the approver group',
    changes: [{ file: FILE, find: 'if (!entry.forIsApprover)', replace: 'if (!entry.reason)' }],
    prove: PROVE,
    noticedAs: /history-\d+: U. was let approve/,
  },
  {
    name: 'stand-in for the requester',
    promise: 'the requester cannot approve',
    changes: [
      { file: FILE, find: 'if (requesters.includes(entry.for))', replace: 'if (requesters.length === 0)' },
    ],
    prove: PROVE,
    noticedAs: /approved in the place of UREQ/,
  },
  {
    name: 'stand-in counted beside the approver',
    promise: 'as many people as the plan needs',
    changes: [
      {
        file: FILE,
        find: 'if (counted.some((a) => voiceOf(a) === entry.for))',
        replace: "if (counted.some((a) => voiceOf(a) === 'none'))",
      },
    ],
    prove: PROVE,
    noticedAs: /and their stand-in were counted as two/,
  },
  {
    name: 'stand-in not checked again before the start',
    promise: 'identity is checked live at approval and before the first change',
    changes: [
      {
        file: 'src/workflow/tasks/still-approved.ts',
        find: 'if (!started && (!entry ||',
        replace: 'if (started === null && (!entry ||',
      },
    ],
    prove: ['--only', 'approval', '--seeds', '1', '--case', 'a stand-in whose time ends'],
    noticedAs: /something was changed/,
  },
  {
    name: 'approver who left not noticed before a later wave',
    promise: 'a revocation is checked again before every wave',
    changes: [
      {
        file: 'src/workflow/tasks/open-wave.ts',
        find: "if (!('unknown' in still) && !still.enough)",
        replace: "if (!('unknown' in still) && still.valid.length < 0)",
      },
    ],
    prove: ['--only', 'approval', '--seeds', '1', '--case', 'between two waves'],
    noticedAs: /2 of 2 instances were patched/,
  },
];
