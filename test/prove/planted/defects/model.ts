/** Defects that a sequence of ordinary clicks leads to. */
import type { Defect } from '../defect.ts';

export const MODEL_DEFECTS: readonly Defect[] = [
  {
    name: 'landing zone not locked by a request',
    promise: 'one run at a time per landing zone',
    changes: [
      {
        file: 'src/workflow/service/requests.ts',
        find: 'lockZones: options.dryRun && !options.fresh ? [] : wanted.zones,',
        replace: 'lockZones: [],',
      },
    ],
    prove: ['--only', 'model', '--seeds', '100'],
    noticedAs: /the locks are none, not zone-1/,
  },
  {
    name: 'who excluded an instance may approve',
    promise: 'nobody approves a plan that they changed',
    changes: [
      {
        file: 'src/workflow/approval.ts',
        find: 'const requesters = [plan.requestedBy, plan.changedBy, run.requestedBy];',
        replace: 'const requesters = [plan.requestedBy, run.requestedBy];',
      },
    ],
    prove: ['--only', 'model', '--seeds', '800'],
    noticedAs: /should have been refused, but: Run \S+ is approved/,
  },
  {
    name: 'a rejected run keeps its landing zones',
    promise: 'a run that ended holds nothing',
    changes: [
      {
        file: 'src/workflow/service/decisions.ts',
        find: "    keepZones: [],\n    audit: [\n      {\n        actor: actor.userId,\n        action: 'plan.rejected',",
        replace: "    audit: [\n      {\n        actor: actor.userId,\n        action: 'plan.rejected',",
      },
    ],
    prove: ['--only', 'model', '--seeds', '300'],
    noticedAs: /the locks are zone-1.*, not none/,
  },
  {
    name: 'approvers not asked again before the first change',
    promise: 'identity is checked live at approval and before the first change',
    changes: [
      {
        file: 'src/workflow/tasks/start-run.ts',
        find: 'if (!still.enough) {',
        replace: 'if (still.valid.length < 0) {',
      },
    ],
    prove: ['--only', 'model', '--seeds', '2000'],
    noticedAs: /began though its approvers are none any more/,
  },
];
