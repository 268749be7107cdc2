/** The tag of an effect: the comment of its command, by which it is found again at AWS. Pure. */
import type { EffectKindName, Run, RunId } from './run-types.ts';

/** Every tag of ours begins like this. */
export const MARK = 'patchday ';
/** What follows it. */
const PARTS = /^(\S+) (install|scan) (w(\d+)\/\S+) a(\d+)$/;

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
  const [, id, kind, batch, wave, attempt] =
    (comment.startsWith(MARK) && PARTS.exec(comment.slice(MARK.length))) || [];
  if (id !== run.id || (kind !== 'install' && kind !== 'scan') || batch === undefined) return null;
  return { kind, wave: Number(wave), batch, attempt: Number(attempt) };
}

/** The run that a comment claims to belong to; null when it is not marked as ours. */
export function claimedRun(comment: string): RunId | null {
  return comment.startsWith(MARK) ? (comment.slice(MARK.length).split(' ')[0] ?? '') : null;
}
