/** Defects that show only when two people click in the same instant, or a click meets a run under way. */
import type { Defect } from '../defect.ts';

const prove = ['--only', 'interleavings', '--seeds', '500'];

export const INTERLEAVINGS_DEFECTS: readonly Defect[] = [
  {
    name: 'approvals not counted again in the transaction',
    promise: 'two approvals at the same instant are two',
    changes: [
      {
        file: 'src/store/expectations.ts',
        find: '    if (given.n !== expect.approvals)',
        replace: '    if (given.n < 0)',
      },
    ],
    prove,
    noticedAs: /has 2 approvals of 2, and waits for another/,
  },
  {
    name: 'an unknown instance closed twice',
    promise: 'a click takes effect once or is refused',
    changes: [
      {
        file: 'src/store/expectations.ts',
        find: 'if (expect.notClosed !== undefined && isClosed(',
        replace: "if (expect.notClosed === 'x' && isClosed(",
      },
    ],
    prove,
    noticedAs: /of the clicks to resolve more than one took effect/,
  },
  {
    name: 'stop not compared in its own transaction',
    promise: 'a click takes effect once or is refused',
    changes: [
      {
        file: 'src/store/expectations.ts',
        find: 'if (expect.notStopped && run.stopRequestedAt !== null)',
        replace: 'if (expect.notStopped && run.stopRequestedAt === -1)',
      },
    ],
    prove,
    noticedAs: /of the clicks to stop more than one took effect/,
  },
  {
    name: 'a run that has ended is told to stop',
    promise: 'what a person is told is true',
    changes: [
      {
        file: 'src/workflow/service/controls.ts',
        find: "if (run.phase === 'ended' || run.phase === 'report') {",
        replace: "if (run.phase === 'report') {",
      },
    ],
    prove,
    noticedAs: /r1 was told to stop after its end/,
  },
  {
    name: 'a question answered twice',
    promise: 'a click takes effect once or is refused',
    changes: [
      {
        file: 'src/store/apply-changes.ts',
        find: 'if (row?.state !== change.from)',
        replace: "if (row?.state !== change.from && change.state !== 'closed')",
      },
    ],
    prove,
    noticedAs: /of the clicks to answer more than one took effect/,
  },
  {
    name: 'plan not compared when somebody approves',
    promise: 'approved is the plan that runs',
    changes: [
      {
        file: 'src/store/expectations.ts',
        find: 'if (expect.planHash !== undefined && run.planHash !== expect.planHash)',
        replace: "if (expect.planHash === 'x' && run.planHash !== expect.planHash)",
      },
    ],
    prove,
    noticedAs: /approved something else than the plan of r1|without the current plan/,
  },
];
