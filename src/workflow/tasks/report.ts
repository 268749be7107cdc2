import type { RunState } from '../changes.ts';
import type { OutcomeCounts } from '../run-types.ts';
import { OUTCOMES } from '../run-types.ts';
import { OUTCOME_WORDS } from '../words.ts';
import type { Outside, TaskResult } from './context.ts';

/** Writes the files, says how it went in the thread, and ends the run. */
export async function report(outside: Outside, state: RunState): Promise<TaskResult> {
  const { run } = state;
  const endedAt = outside.clock.now();
  // The files are made from the run as it will be: ended.
  await outside.store.commit(run.id, {
    expect: { phase: 'report' },
    run: { endedAt: run.endedAt ?? endedAt },
  });
  // A full disk keeps no run open: its outcome is in the rows, and the files can be asked for again.
  const unwritten = await outside.writeReport(run.id).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const view = outside.view(run.id);
  const text = `Run ${run.id} ${END_WORDS[run.end ?? 'completed']}. ${run.end === 'completed' ? '' : `${run.endReason} `}${countsText(view?.counts)}`;
  await outside.store.commit(run.id, {
    expect: { phase: 'report' },
    run: { phase: 'ended', wakeAt: null, because: [] },
    keepZones: [],
    audit: [{ actor: 'patchday', action: 'run.ended', text, detail: { counts: view?.counts ?? {} } }],
    news: [
      unwritten === null
        ? { kind: 'report', text: `${text} The report is attached.` }
        : { kind: 'failure', text: `${text} ${unwritten} Then /patch report ${run.id}.`, excerpt: '' },
    ],
  });
  return { done: true };
}

const END_WORDS: Readonly<Record<string, string>> = {
  completed: 'is done',
  stopped: 'was stopped',
  halted: 'was halted',
};

/** "37 patched, 2 failed." */
export function countsText(counts: OutcomeCounts | undefined): string {
  if (!counts) return '';
  const parts = OUTCOMES.filter((o) => counts[o] > 0).map((o) => `${counts[o]} ${OUTCOME_WORDS[o]}`);
  return parts.length > 0 ? `${parts.join(', ')}.` : '';
}
