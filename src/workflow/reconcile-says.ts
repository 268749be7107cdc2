/** What is said of a run whose database was restored from a copy, once AWS was asked. Pure. */
import type { Run, Target } from './run-types.ts';
import { called } from './target-changes.ts';
import { count } from './words.ts';

/** What was found of a run in its waves, and what a person is to do. */
export function sayFinding(
  run: Run,
  targets: readonly Target[],
  found: { adopted: number; strangeIds: readonly string[]; lost: number; tooOld: boolean },
): string {
  const { adopted, strangeIds, lost, tooOld } = found;
  const started = targets.filter((t) => t.power === 'on' || (t.wasStopped && t.stage === 'powering_on'));
  const unmatched = `${count(strangeIds.length, 'patch command does', 'patch commands do')} not fit the copy (${strangeIds.join(', ')})`;
  const parts = [
    `The database was restored from a copy, and run ${run.id} was held against AWS.`,
    ...(adopted > 0
      ? [
          `${count(adopted, 'instance')} got a patch command after the copy was made: it is followed, and none is sent again.`,
        ]
      : []),
    ...(strangeIds.length > 0
      ? [`${unmatched}${lost > 0 ? `, so ${count(lost, 'instance')} ended as unknown` : ''}.`]
      : []),
    ...(adopted === 0 && strangeIds.length === 0
      ? ['No patch command was found that the copy does not know.']
      : []),
    ...(started.length > 0
      ? [`To be stopped again at the end, as they were before: ${started.map(called).join(', ')}.`]
      : []),
    tooOld
      ? `The run is older than the 30 days for which AWS remembers commands, so it cannot go on: end it with /patch stop ${run.id}, and scan again.`
      : `Nothing is changed until an approver says that it may go on (/patch release ${run.id} <reason>), or somebody ends it (/patch stop ${run.id}).`,
  ];
  return parts.join(' ');
}

/** It went on after the copy was made; `sent` has the command of each instance. */
export function sayWentOn(run: Run, sent: ReadonlyMap<string, string>, backups: number): string {
  const commands = [...new Set(sent.values())].join(', ');
  const found = [
    ...(sent.size > 0 ? [`${count(sent.size, 'instance')} with a patch command`] : []),
    ...(backups > 0 ? [count(backups, 'backup')] : []),
  ];
  const look =
    sent.size > 0
      ? `Look at the commands ${commands} in Systems Manager, stop what was started for it, and scan again.`
      : 'Scan again.';
  return `The database was restored from a copy in which run ${run.id} had not begun. At AWS it has ${found.join(' and ')}: it went on after the copy was made, and the copy cannot say how. It is ended. ${look}`;
}
