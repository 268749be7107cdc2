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
    name: 'audit rows written after the commit of their change',
    promise: 'every change is in the audit in its own transaction',
    changes: [
      {
        file: 'src/store/apply-changes.ts',
        find: 'this.audit(runId, withFacts(changes.audit ?? [], this.#facts(runId, changes, alsoTrue)));',
        replace:
          'const late = withFacts(changes.audit ?? [], this.#facts(runId, changes, alsoTrue)); setImmediate(() => this.audit(runId, late));',
      },
    ],
    prove: ['--only', 'audit', '--case', 'one-commit'],
    noticedAs: /after commit \d+: /,
  },
  {
    name: 'a refusal is not written down',
    promise: 'every denial is in the audit',
    changes: [
      {
        file: 'src/workflow/service/facts.ts',
        find: 'if (!allowed.ok) await deny(parts, actor, deed, context.runId, allowed);',
        replace: '',
      },
    ],
    prove: ['--only', 'audit', '--case', 'as-written'],
    noticedAs: /refused to \w+ is not in it/,
  },
  {
    name: 'the end of a run is not anchored',
    promise: 'the head of the audit leaves the database when a run ends',
    changes: [
      {
        file: 'src/store/apply-changes.ts',
        find: "if (changes.run?.phase === 'ended' && run.phase !== 'ended') this.anchor(runId);",
        replace: '',
      },
    ],
    prove: ['--only', 'audit', '--case', 'anchored'],
    noticedAs: /no head of the audit is told in the thread/,
  },
  {
    name: 'the hourly head of the audit is never told',
    promise: 'the head of the audit leaves the database every hour',
    changes: [
      {
        file: 'src/store/anchoring.ts',
        find: 'if (runId === null || head.seq <= lastTold(store)) return;',
        replace: 'if (runId === null || head.seq > 0) return;',
      },
    ],
    prove: ['--only', 'audit', '--case', 'anchored'],
    noticedAs: /the hourly head is not told/,
  },
];
