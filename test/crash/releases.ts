/** Other releases of the program: what a job that one release began is continued by. */
import { copyOfCommit, copySources, type SourceChange, type SourceCopy } from '../support/source-copy.ts';

/**
 * What a next release may well change: the sizes and the order of batches and waves, names of what it begins,
 * the order in which it acts, how often it looks, one more migration, the words of a card.
 */
export const NEXT_RELEASE: readonly SourceChange[] = [
  {
    file: 'src/workflow/batches.ts',
    find: 'members.sort((a, b) => (a.target.key < b.target.key ? -1 : 1));',
    replace: 'members.sort((a, b) => (a.target.key < b.target.key ? 1 : -1));',
  },
  {
    file: 'src/workflow/batches.ts',
    find: 'return Math.min(50, state.plan?.batchSize ?? 50);',
    replace: 'return 1;',
  },
  {
    file: 'src/workflow/tag.ts',
    find: "export const MARK = 'patchday ';",
    replace: "export const MARK = 'pd2 ';",
  },
  {
    file: 'src/workflow/make-plan.ts',
    find: 'const placed = targets.map((t, i) => ({ ...t, wave: Math.floor(i / each) + 1 }));',
    replace: 'const placed = targets.toReversed().map((t, i) => ({ ...t, wave: Math.floor(i / each) + 1 }));',
  },
  {
    file: 'src/workflow/begin.ts',
    find: 'const MOST_BEGUN_AT_ONCE = 40;',
    replace: 'const MOST_BEGUN_AT_ONCE = 1;',
  },
  {
    file: 'src/workflow/executor.ts',
    find: 'decision.actions.map((action) => carryOut(outside, state, action, now)),',
    replace: 'decision.actions.toReversed().map((action) => carryOut(outside, state, action, now)),',
  },
  {
    file: 'src/config/settings.ts',
    find: 'timing: config.timing,',
    replace: 'timing: { ...config.timing, pollCommands: 3 * config.timing.pollCommands, pollImages: 5 },',
  },
  {
    file: 'src/slack/card.ts',
    find: '*Instances*\\n',
    replace: '*Machines*\\n',
  },
  {
    file: 'src/store/migrations/0099-next.sql',
    create:
      "ALTER TABLE effects ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey';\nCREATE INDEX effects_by_colour ON effects (colour);\nCREATE TABLE remarks (run_id TEXT PRIMARY KEY, remark TEXT NOT NULL) STRICT;\n",
  },
];

/** With the first schema only; its audit has been a chain since a few commits before. */
export const PREVIOUS_RELEASE = '776e06e17913386c2e4dd6dd48930165248e4837';

const made = new Map<string, SourceCopy | null>();
process.once('exit', () => {
  for (const copy of made.values()) copy?.remove();
});

/** The root of the next release's sources; made once for this process. */
export function nextRelease(): string {
  return once('next', () => copySources(NEXT_RELEASE))?.folder ?? '';
}

/** The root of an earlier commit's sources, or null where there is no history to take it from. */
export function previousRelease(): string | null {
  return once('previous', () => copyOfCommit(PREVIOUS_RELEASE))?.folder ?? null;
}

function once(name: string, make: () => SourceCopy | null): SourceCopy | null {
  const known = made.get(name);
  if (known !== undefined) return known;
  const copy = make();
  made.set(name, copy);
  return copy;
}
