/** What people are told about commands that Patchday cannot account for. Pure. */
import { foreign } from '../mention.ts';
import type { SentCommand } from '../ports.ts';
import { count } from '../words.ts';
import { type Judgement, saysCommand } from './foreign-commands.ts';

/** A message to the channel of an environment, not to the thread of a run: plain, unescaped sentences. */
export interface Alarm {
  title: string;
  lines: readonly string[];
  whatToDo: string;
}

export interface ForeignCommand {
  command: SentCommand;
  judgement: Extract<Judgement, { is: 'foreign' }>;
}

export interface WatchedPlace {
  landingZone: string;
  accountId: string;
  region: string;
}

/** More than these are counted; all are in the audit. */
const MOST_LINES = 10;

/** One sentence for the audit and the log. */
export function saysForeign({ command, judgement }: ForeignCommand): string {
  const comment = foreign(command.comment).replace(/\s+/g, ' ').slice(0, 100);
  const at = new Date(command.requestedAt).toISOString().slice(0, 16).replace('T', ' ');
  return `Command ${command.commandId} of ${at} UTC: ${saysCommand(command)}, ${comment === '' ? 'without a comment' : `with the comment "${comment}"`}. ${judgement.why}`;
}

export function alarmFor(place: WatchedPlace, found: readonly ForeignCommand[]): Alarm {
  const more = found.length - MOST_LINES;
  const all = (code: ForeignCommand['judgement']['code']) => found.every((f) => f.judgement.code === code);
  return {
    title: `${count(found.length, 'command')} at AWS that Patchday cannot account for: landing zone ${place.landingZone}, account ${place.accountId}, ${place.region}.`,
    lines: [
      ...found.slice(0, MOST_LINES).map(saysForeign),
      ...(more > 0 ? [`And ${count(more, 'more command')}: all of them are in the audit.`] : []),
    ],
    whatToDo: [
      all('lost_rows')
        ? 'What to do: look into the threads of that time, where Patchday told what it did. If none tells of it, use /patch freeze all, so that Patchday begins nothing new.'
        : 'What to do: if nobody of your team knows of it, use /patch freeze all, so that Patchday begins nothing new.',
      `Look the command id up in CloudTrail of account ${place.accountId} (event SendCommand): it names who sent it.`,
      'If that is a session of Patchday from another machine, its role is in other hands: take it away. The steps are in docs/runbook.md under "A command that Patchday cannot account for".',
      ...(all('unmarked_install')
        ? ['If others patch here on purpose, say so with others_patch_here: true for this landing zone.']
        : []),
    ].join(' '),
  };
}
