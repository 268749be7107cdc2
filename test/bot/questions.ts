/** Patch commands that get lost on their way, and the question that a person is asked then. */
import type { Team } from './team.ts';

/** On the card of a run that asks. */
export const ASKS = /It was not sent: send it again/;

/** The connection breaks before the next patch command arrives: from the bot's side that looks the same as after it. */
export function losePatchCommand({ aws }: Team): void {
  const match = { parameter: { Operation: 'Install' } };
  aws.control.fault({ operation: 'SendCommand', when: 'before', kind: 'reset', match });
}
