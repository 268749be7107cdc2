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
    noticedAs: /does not follow the row before it/,
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
    noticedAs: /edit-\d+: was not found/,
  },
  {
    name: 'an approval is not told in the audit',
    promise: 'the tables tell what the audit tells',
    changes: [
      {
        file: 'src/store/audit-facts.ts',
        find: '...(addApproval ? { approval:',
        replace: '...(addApproval && !changes ? { approval:',
      },
    ],
    prove: ['--only', 'audit', '--case', 'tables-'],
    noticedAs: /approval UAPP .* is in the tables, not in the audit/,
  },
  {
    name: 'a forged outcome is passed over',
    promise: 'the tables tell what the audit tells',
    changes: [
      {
        file: 'src/store/audit-replay.ts',
        find: "outcome ?? 'no outcome'",
        replace: "outcome ? 'one' : 'one'",
      },
    ],
    prove: ['--only', 'audit', '--case', 'tables-'],
    noticedAs: /tables-outcome-of-an-instance: was not found/,
  },
];
