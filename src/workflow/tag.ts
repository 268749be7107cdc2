/** The tag of an effect: the comment of its command, by which it is found again at AWS. Pure. */
import type { EffectKindName, Run, RunId } from './run-types.ts';

/** Every tag of ours begins like this. */
export const MARK = 'patchday ';
/** What follows the run. */
const PARTS = /^(install|scan) (w(\d+)\/\S+) a(\d+)$/;

/** Every comment of a run begins like this. */
export function tagsOf(runId: RunId): string {
  return `${MARK}${runId} `;
}

export function tagOf(runId: RunId, kind: EffectKindName, batch: string, attempt: number): string {
  return `${tagsOf(runId)}${kind} ${batch} a${attempt}`;
}

/** The parts of the comment that names an effect of this run; null for any other. */
export function parseTag(
  run: Pick<Run, 'id'>,
  comment: string,
): { kind: 'install' | 'scan'; wave: number; batch: string; attempt: number } | null {
  const parts = comment.startsWith(tagsOf(run.id)) ? PARTS.exec(comment.slice(tagsOf(run.id).length)) : null;
  if (!parts) return null;
  const [, kind, batch = '', wave, attempt] = parts;
  return { kind: kind as 'install' | 'scan', wave: Number(wave), batch, attempt: Number(attempt) };
}

/** The run that a comment claims to belong to; null when it is not marked as ours. */
export function claimedRun(comment: string): RunId | null {
  return comment.startsWith(MARK) ? (comment.slice(MARK.length).split(' ')[0] ?? '') : null;
}
