/**
 * What a restore lost. A run asks a person whether its patch command was sent; the database is then put back to a
 * copy from before the run. Its card stays in Slack, with its buttons, and the next run asks the same of the same
 * instance, with the same number in the database. Whoever clicks on the old card must change nothing.
 */
import { join } from 'node:path';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import { copyDatabase, restoreDatabase } from '../../../src/store/copy.ts';
import { ASKS, losePatchCommand } from '../../bot/questions.ts';
import type { Person, Team } from '../../bot/team.ts';
import { until } from '../../support/until.ts';
import { caughtUp, withTeam } from '../team.ts';

/** Whoever may do it for a run of their own colleagues. */
const OLD_BUTTONS: readonly [who: Person, action: string][] = [
  ['tom', 'question_send_again'],
  ['priya', 'question_give_up'],
];

/** What went wrong, one sentence each; empty when nothing did. */
export async function clickTheQuestionOfALostRun(): Promise<string[]> {
  return withTeam(smallFleet({ linux: 1 }), {}, async (team) => {
    const wrong: string[] = [];
    const database = join(team.folder, 'patchday.sqlite');
    const copy = join(team.folder, 'copy.sqlite');
    await team.stopBot();
    copyDatabase(database, copy, Date.now());
    await team.startBot();

    const lost = await runThatAsks(team);
    await caughtUp(team);
    await team.stopBot();
    restoreDatabase(copy, database, Date.now());
    await team.startBot();

    losePatchCommand(team);
    const next = await beginsOnlyAfterTheThaw(team, wrong);
    if (next.effectId !== lost.effectId)
      wrong.push(`question ${next.effectId} has not the number of the lost one, ${lost.effectId}`);
    const old = team.card(lost.runId);
    if (!old) throw new Error('the card of the lost run is gone');
    for (const [who, action] of OLD_BUTTONS) {
      const said = await team.click(who, old, action);
      if (!said.includes('There is no such question'))
        wrong.push(`${action} of the lost run was told: ${said}`);
    }
    const [asked] = questions(team, next.runId);
    if (asked?.state !== 'needs_attention')
      wrong.push(`a click on the card of a lost run answered the question of another run: ${asked?.state}`);
    else await team.click('tom', await team.cardThat(next.runId, ASKS), 'question_send_again');
    await team.ended(next.runId);
    const sent = team.mutations().filter((m) => m === 'SendCommand Install').length;
    if (sent !== 1) wrong.push(`${sent} patch commands were sent, not 1`);
    return wrong;
  });
}

interface Asking {
  runId: string;
  effectId: number;
}

function questions(team: Team, runId: string): { id: number; state: string }[] {
  return team.rows("SELECT id, state FROM effects WHERE run_id = ? AND kind = 'install' ORDER BY id", runId);
}

/** A run whose patch command got lost on its way, once its card asks. */
async function runThatAsks(team: Team): Promise<Asking> {
  losePatchCommand(team);
  return asks(team, await team.approvedRun());
}

async function asks(team: Team, runId: string): Promise<Asking> {
  await team.cardThat(runId, ASKS);
  return { runId, effectId: questions(team, runId)[0]?.id ?? 0 };
}

/** Of a freeze that somebody set after the copy nothing is known: so a restored database begins frozen. */
async function beginsOnlyAfterTheThaw(team: Team, wrong: string[]): Promise<Asking> {
  const before = team.mutations().length;
  const runId = await team.approvedRun();
  const waits = () => {
    const card = team.card(runId);
    return card !== undefined && team.words(card).includes('Everything is frozen by Patchday');
  };
  const begun = () => team.mutations().length > before;
  await until(() => waits() || begun(), { within: 20_000, describe: 'the first step of an approved run' });
  if (begun()) wrong.push('after a restore a run began before anybody lifted the freeze');
  else await team.say('marco', 'unfreeze all');
  return asks(team, runId);
}
