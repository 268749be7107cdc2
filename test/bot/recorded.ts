/** Payloads as Slack sent them to a bot, and their return: for tests and proofs about what comes twice. */
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { Json } from '../../sandbox/slack/json.ts';
import { until } from '../support/until.ts';
import { ASKS, losePatchCommand } from './questions.ts';
import { startTeam, type Team } from './team.ts';

export const HOUR = 3600;

/** What must not change: everything that a payload could have done once more. */
export function done(team: Team) {
  return {
    runs: team.rows('SELECT id, phase, plan_hash, stop_requested_at FROM runs ORDER BY id'),
    approvals: team.rows('SELECT * FROM approvals ORDER BY run_id, user_id'),
    plans: team.rows('SELECT run_id, version, hash FROM plans ORDER BY run_id, version'),
    effects: team.rows('SELECT tag, state FROM effects ORDER BY tag'),
    freezes: team.rows('SELECT scope, reason FROM freezes'),
    told: team.rows("SELECT run_id, news FROM outbox WHERE news ->> '$.kind' <> 'anchor' ORDER BY id"),
    decided: team.audit().filter((r) => !r.action.startsWith('denied.')),
    mutations: team.mutations(),
  };
}

export const answersOf = (team: Team) =>
  team.slack.control.messages({ channel: team.channel }).filter((m) => m.ephemeralTo !== null).length;

let relayed = 0;
export const underNewId = (envelope: Json): Json => ({ ...envelope, envelope_id: `relayed-${++relayed}` });

/** Delivers them all; each is answered with one message, which tells that its handler has ended. */
export async function redeliver(team: Team, envelopes: readonly Json[]): Promise<void> {
  const before = answersOf(team);
  const deliveries = await Promise.all(envelopes.map((e) => team.slack.control.redeliver(e)));
  const lost = deliveries.filter((d) => !d.acked).length;
  if (lost > 0) throw new Error(`${lost} of ${envelopes.length} payloads were not acknowledged`);
  await until(() => answersOf(team) >= before + envelopes.length, {
    within: 30_000,
    describe: `${envelopes.length} answers; there are ${answersOf(team) - before}`,
  });
}

export type Forged = Json & { payload: Json & { actions: Json[] } };

/** A recorded click under another date and another trigger. */
export function dated(envelope: Json, actionTs: string | undefined): Json {
  const { payload, ...rest } = structuredClone(envelope) as Forged;
  const actions = payload.actions.map(({ action_ts: _, ...a }) =>
    actionTs === undefined ? a : { ...a, action_ts: actionTs },
  );
  return underNewId({ ...rest, payload: { ...payload, actions, trigger_id: `forged.${++relayed}.trigger` } });
}

/** A recorded submission under another trigger, as Slack gives every delivery of a window that is sent again. */
export function underNewTrigger(envelope: Json): Json {
  const { payload, ...rest } = structuredClone(envelope) as Forged;
  return underNewId({ ...rest, payload: { ...payload, trigger_id: `forged.${++relayed}.trigger` } });
}

export const isCommand = (envelope: Json) => envelope['type'] === 'slash_commands';
/** "scan" of /patch scan test. */
export const wordOf = (envelope: Json) => String((envelope['payload'] as Json)['text']).split(' ')[0];
export const isSubmission = (envelope: Json) => (envelope['payload'] as Json)['type'] === 'view_submission';
/** How often the window of a rejection came again and was known for one that had been taken. */
export const knownWindows = (team: Team) =>
  team.rows("SELECT 1 FROM audit WHERE action = 'denied.reject' AND detail ->> '$.code' = 'seen_before'")
    .length;

export const isRejection = (envelope: Json) =>
  ((envelope['payload'] as Json)['view'] as Json | undefined)?.['callback_id'] === 'modal_reject' &&
  isSubmission(envelope);
export const isClick = (envelope: Json) => (envelope['payload'] as Json)['type'] === 'block_actions';
export const actionOf = (envelope: Json) => String((envelope as Forged).payload.actions[0]?.['action_id']);
export const seconds = (from: number) => (Date.now() / 1000 + from).toFixed(6);

/**
 * A team that did a whole job with commands, clicks and modals, rejected its retry, stopped a run, gave up on a
 * question and closed what was unknown of it; what Slack sent for it. One more run asks its question, unanswered.
 */
export async function recordedJob(): Promise<{ team: Team; recorded: Json[]; asking: string }> {
  const fleet = smallFleet({
    linux: 3,
    instances: { 'linux-1': { behaviour: { install: ['fails', 'succeeds'] } } },
  });
  const team = await startTeam({ fleet, environment: { approvals_required: 2 } });
  await team.say('marco', 'freeze all drill');
  await team.say('marco', 'unfreeze all');
  const runId = await patched(team);
  said(await team.say('aisha', `report ${runId}`), 'is posted to its thread again');
  await rejected(team, await team.scan('marco', `retry ${runId}`));
  await stopped(team);
  await givenUpAndClosed(team);
  const asking = await asks(team);
  return { team, recorded: [...team.slack.control.envelopes()], asking };
}

async function patched(team: Team): Promise<string> {
  const runId = await team.scan('priya');
  let card = await team.toApprove(runId);
  const modal = await team.open('marco', card, 'run_exclude', 'Exclude instances');
  await team.submit('marco', modal, {
    targets_page_0: { targets_chosen: ['1'] },
    reason: { reason_text: 'month end' },
  });
  card = await team.cardThat(runId, 'Plan 2, hash');
  await team.click('aisha', card, 'run_approve');
  said(await team.click('tom', card, 'run_approve'), 'is approved');
  await team.ended(runId);
  return runId;
}

async function rejected(team: Team, runId: string): Promise<void> {
  const modal = await team.open('marco', await team.toApprove(runId), 'run_reject', 'Reject run');
  said(await team.submit('marco', modal, { reason: { reason_text: 'not today' } }), 'is rejected');
  await team.ended(runId);
}

async function stopped(team: Team): Promise<void> {
  const runId = await team.scan('priya');
  said(await team.click('aisha', await team.toApprove(runId), 'run_stop'), 'is stopped');
  await team.ended(runId);
}

async function givenUpAndClosed(team: Team): Promise<void> {
  const runId = await asks(team);
  said(await team.click('tom', await team.cardThat(runId, ASKS), 'question_give_up'), 'Noted');
  await team.ended(runId);
  said(await team.say('marco', `resolve ${runId} linux-1 looked`), 'is closed and may be patched again');
}

/** A run for linux-1 whose patch command got lost on its way, once its card asks. */
async function asks(team: Team): Promise<string> {
  losePatchCommand(team);
  const runId = await team.scan('priya', 'scan test linux-1');
  for (const who of ['aisha', 'tom'] as const)
    await team.click(who, await team.toApprove(runId), 'run_approve');
  await team.cardThat(runId, ASKS);
  return runId;
}

/** Answers that question on its own card; the run ends, and its landing zone is free again. */
export async function answered(team: Team, asking: string): Promise<void> {
  said(await team.click('tom', await team.cardThat(asking, ASKS), 'question_send_again'), 'Noted');
  await team.ended(asking);
}

function said(answer: string, says: string): void {
  if (!answer.includes(says)) throw new Error(answer);
}
