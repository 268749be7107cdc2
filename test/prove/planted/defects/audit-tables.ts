/** Defects that let a change of the tables behind the audit's back pass. */
import type { Defect } from '../defect.ts';

export const AUDIT_TABLES_DEFECTS: readonly Defect[] = [
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
    noticedAs: /is in the tables, not in the audit/,
  },
  {
    name: 'a forged outcome is passed over',
    promise: 'the tables tell what the audit tells',
    changes: [
      {
        file: 'src/store/audit-tables.ts',
        find: "outcome ?? 'no outcome'",
        replace: "outcome ? 'one' : 'one'",
      },
    ],
    prove: ['--only', 'audit', '--case', 'tables-'],
    noticedAs: /tables-outcome-of-an-instance: was not found/,
  },
  {
    name: 'a made-up run is passed over',
    promise: 'the tables tell what the audit tells',
    changes: [
      {
        file: 'src/store/audit-tables.ts',
        find: '!told.runs.has(id) && !told.older.has(id)',
        replace: 'told.runs.has(id) && told.older.has(id)',
      },
    ],
    prove: ['--only', 'audit', '--case', 'tables-'],
    noticedAs: /tables-run-made-up: was not found/,
  },
  {
    name: 'the request of an effect is not told in the audit',
    promise: 'the tables tell what the audit tells',
    changes: [
      {
        file: 'src/store/intend.ts',
        find: 'is: effectHash(intent, request),',
        replace: '',
      },
    ],
    prove: ['--only', 'audit', '--case', 'tables-'],
    noticedAs: /tables-request-\S+: was not found/,
  },
  {
    name: 'when a run was stopped is not told in the audit',
    promise: 'the tables tell what the audit tells',
    changes: [
      {
        file: 'src/store/audit-facts.ts',
        find: "  'stopRequestedAt',\n] as const",
        replace: '] as const',
      },
    ],
    prove: ['--only', 'audit', '--case', 'tables-'],
    noticedAs: /tables-(?:stop-lifted|when-it-was-stopped): was not found/,
  },
  {
    name: 'that a run is parked is not told in the audit',
    promise: 'the tables tell what the audit tells',
    changes: [
      {
        file: 'src/store/audit-tables.ts',
        find: 'if (state.parked === undefined) return;',
        replace: 'return;',
      },
    ],
    prove: ['--only', 'audit', '--case', 'tables-'],
    noticedAs: /tables-park-\S+: was not found/,
  },
  {
    name: 'of an instance only its backup is told in the audit',
    promise: 'the tables tell what the audit tells',
    changes: [
      {
        file: 'src/store/audit-facts.ts',
        find: 'Object.keys(UNLESS_TOLD) as',
        replace: 'Object.keys(UNLESS_TOLD).slice(0, 2) as',
      },
    ],
    prove: ['--only', 'audit', '--case', 'tables-'],
    noticedAs: /tables-command-that-may-not-run-any-more: was not found/,
  },
  {
    name: 'the place of an instance is not held against its key',
    promise: 'the tables tell what the audit tells',
    changes: [
      {
        file: 'src/store/audit-tables.ts',
        find: "AND key IS (data ->> '$.instance.accountId')",
        replace: "AND key IS NOT (data ->> '$.no')",
      },
    ],
    prove: ['--only', 'audit', '--case', 'tables-'],
    noticedAs: /tables-\S+: was not found/,
  },
];
