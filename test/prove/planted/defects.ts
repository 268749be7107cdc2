/**
 * Defects that somebody could plant or make, one for each promise: a textual change of a copy of the sources,
 * never of src/ itself. Each names the proof that has to notice. A text that is not found any more is an error.
 */
export interface Defect {
  name: string;
  promise: string;
  changes: readonly { file: string; find: string; replace: string }[];
  /** Arguments of `npm run prove` under which it has to be noticed, and the sound build has to pass. */
  prove: readonly string[];
}

export const DEFECTS: readonly Defect[] = [
  {
    name: 'intent not committed before the call',
    promise: 'at most one automatic patch effect',
    changes: [
      {
        file: 'src/workflow/executor.ts',
        find: '  const intended = await store.intend(',
        replace:
          "  const early = await kind.act(context, { ...intent, id: 0, runId: run.id, state: 'intended', intendedAt: 0, lookAt: 0, failures: 0, note: '', ref: null });\n  const intended = await store.intend(",
      },
      {
        file: 'src/workflow/executor.ts',
        find: '  return act(outside, context, intended.value);',
        replace: '  await store.commit(run.id, kind.begun(context, intended.value, early));\n  return NOW;',
      },
    ],
    prove: ['--only', 'crash', '--case', 'first/SendCommand:after'],
  },
  {
    name: 'find skipped: what was begun is never looked for',
    promise: 'at most one automatic patch effect',
    changes: [
      {
        file: 'src/workflow/resolve.ts',
        find: 'found = await kind.find(context, effect);',
        replace: "found = 'absent';",
      },
    ],
    prove: ['--only', 'faults', '--case', 'install/reset/after'],
  },
  {
    name: 'an install in doubt is sent again without asking',
    promise: 'never guess',
    changes: [
      {
        file: 'src/workflow/effects/install.ts',
        find: 'repeatable: false,',
        replace: 'repeatable: true,',
      },
    ],
    prove: ['--only', 'faults', '--case', 'install/reset/before'],
  },
  {
    name: 'the SDK repeats mutating calls by itself',
    promise: 'at most one automatic patch effect',
    changes: [{ file: 'src/aws/clients.ts', find: '{ maxAttempts: 1 }', replace: '{ maxAttempts: 3 }' }],
    prove: ['--only', 'faults', '--case', 'install/http500/after'],
  },
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
  },
  {
    name: 'a click delivered again is taken again',
    promise: 'an approval is single-use',
    changes: [
      {
        file: 'src/workflow/approval.ts',
        find: 'if (current.some((a) => a.userId === facts.userId)) {',
        replace: 'if (current.length > 99) {',
      },
    ],
    prove: ['--only', 'approval', '--seeds', '1000'],
  },
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
  },
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
  {
    name: 'escape forgotten in sentences',
    promise: 'nothing foreign is interpreted',
    changes: [
      {
        file: 'src/slack/mrkdwn.ts',
        find: "return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');",
        replace: 'return text;',
      },
    ],
    prove: ['--only', 'injection', '--case', 'job-1'],
  },
  {
    name: 'formulas not disarmed in CSV',
    promise: 'nothing foreign is interpreted',
    changes: [
      {
        file: 'src/report/csv-encode.ts',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source, not a template
        find: ".replace(FORMULA, (_all, before: string, gap: string) => `${before}'${gap}`)",
        replace: '.replace(FORMULA, (all) => all)',
      },
    ],
    prove: ['--only', 'injection', '--case', 'job-1'],
  },
  {
    name: 'secrets not taken out',
    promise: 'no secret leaves the process',
    changes: [
      {
        file: 'src/ops/scrub.ts',
        find: 'for (const { pattern } of SECRET_PATTERNS) out = out.replace(pattern, REMOVED);',
        replace: '',
      },
    ],
    prove: ['--only', 'secrets'],
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
  },
  {
    name: 'a thread message in doubt is sent again',
    promise: 'Slack is told once',
    changes: [
      {
        file: 'src/slack/slack-errors.ts',
        find: ": { effect: 'in_doubt', code: codes[0] ?? 'unknown', again: true, retryAfter: null };",
        replace: ": { effect: 'not_done', code: codes[0] ?? 'unknown', again: true, retryAfter: null };",
      },
    ],
    prove: ['--only', 'slack-outage', '--case', 'answers-lost'],
  },
  {
    name: 'a restored database is taken for the real one',
    promise: 'at most one automatic patch effect',
    changes: [
      {
        file: 'src/store/sqlite-store.ts',
        find: 'if (why === null) return null;',
        replace: "if (why !== 'never') return null;",
      },
    ],
    prove: ['--only', 'store', '--case', 'restore-plain-9'],
  },
  {
    name: 'commands that AWS remembers are passed over after a restore',
    promise: 'at most one automatic patch effect',
    changes: [
      {
        file: 'src/workflow/reconcile.ts',
        find: "const installs = unknown.filter((t) => parseTag(run, t.command.comment)?.kind === 'install');",
        replace: 'const installs: Trace[] = [];',
      },
    ],
    prove: ['--only', 'store', '--case', 'restore-plain-9'],
  },
];
