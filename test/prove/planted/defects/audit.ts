/** Defects that let a forged audit pass. */
import type { Defect } from '../defect.ts';

export const AUDIT_DEFECTS: readonly Defect[] = [
  {
    name: 'audit rows not chained',
    promise: 'the audit shows every change made to it',
    changes: [
      {
        file: 'src/store/apply-changes.ts',
        find: 'prevHash: last.hash,',
        replace: "prevHash: '0'.repeat(64),",
      },
    ],
    prove: ['--only', 'audit', '--seeds', '600'],
  },
  {
    name: 'author of an audit row not hashed',
    promise: 'the audit shows every change made to it',
    changes: [
      {
        file: 'src/store/audit-chain.ts',
        find: 'canonicalJson({ seq, at, runId, actor, action,',
        replace: 'canonicalJson({ seq, at, runId, action,',
      },
    ],
    prove: ['--only', 'audit', '--seeds', '600'],
  },
];
