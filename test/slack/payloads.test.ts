/** Who acts, and by what a second delivery of the same deed is known: read out of what Slack sends. */
import { describe, expect, it } from 'vitest';
import {
  clickActor,
  clickPayload,
  commandActor,
  commandPayload,
  submissionActor,
  submissionPayload,
} from '../../src/slack/payloads.ts';

const OURS = 'T0OURS0001';
const THEIRS = 'T0THEIRS01';
const RUN = { channel: 'C0PATCHPRD', runId: 'k3f9' };

function click(change: Record<string, unknown> = {}, action: Record<string, unknown> = {}) {
  const payload = clickPayload.parse({
    type: 'block_actions',
    user: { id: 'U0AISHAAPP', team_id: OURS },
    team: { id: OURS },
    channel: { id: 'C0PATCHPRD' },
    trigger_id: 'trigger.1',
    actions: [{ action_id: 'run_approve', action_ts: '1763716800.000100', ...action }],
    ...change,
  });
  return clickActor(payload, null);
}

function submission(change: Record<string, unknown> = {}, viewId = 'V0000000001') {
  const payload = submissionPayload.parse({
    type: 'view_submission',
    user: { id: 'U0AISHAAPP', team_id: OURS },
    team: { id: OURS },
    trigger_id: 'trigger.1',
    view: { id: viewId, callback_id: 'modal_reject' },
    ...change,
  });
  return submissionActor(payload, RUN);
}

describe('a click', () => {
  it('that is delivered again is the same one, under another trigger too', () => {
    expect(click().once).toBe(click().once);
    expect(click({ trigger_id: 'trigger.2' }).once).toBe(click().once);
  });

  it('of somebody else in the same moment is another one', () => {
    expect(click({ user: { id: 'U0TOMAPPRV', team_id: OURS } }).once).not.toBe(click().once);
  });

  it('on another button in the same moment is another one', () => {
    expect(click({}, { action_id: 'run_reject' }).once).not.toBe(click().once);
  });

  it('of the same person at another time is another one', () => {
    expect(click({}, { action_ts: '1763716801.000100' }).once).not.toBe(click().once);
  });

  it('that carries no time is known by its trigger', () => {
    const timeless = (trigger: string) => click({ trigger_id: trigger }, { action_ts: undefined }).once;
    expect(timeless('trigger.1')).toBe(timeless('trigger.1'));
    expect(timeless('trigger.1')).not.toBe(timeless('trigger.2'));
  });
});

describe('a submission', () => {
  it('that is delivered again is the same one, under another trigger too', () => {
    expect(submission().once).toBe(submission().once);
    expect(submission({ trigger_id: 'trigger.2' }).once).toBe(submission().once);
  });

  it('of another window is another one', () => {
    expect(submission({}, 'V0000000002').once).not.toBe(submission().once);
  });
});

describe('a command', () => {
  const command = (trigger: string) =>
    commandActor(
      commandPayload.parse({
        command: '/patch',
        user_id: 'U0PRIYAREQ',
        team_id: OURS,
        channel_id: 'C0PATCHPRD',
        trigger_id: trigger,
      }),
    ).once;
  it('is known by its trigger', () => {
    expect(command('trigger.1')).toBe(command('trigger.1'));
    expect(command('trigger.2')).not.toBe(command('trigger.1'));
  });
});

describe('in a channel that is shared with another workspace', () => {
  const guest = { user: { id: 'U0AISHAAPP', team_id: THEIRS } };

  it.each([
    ['clicks', click],
    ['submits', submission],
  ])('whoever %s acts for the workspace of their own, not for the one that the channel is in', (_, act) => {
    expect(act(guest).teamId).toBe(THEIRS);
    expect(act({ user: { id: 'U0AISHAAPP' } }).teamId).toBe(OURS);
    expect(act({ user: { id: 'U0AISHAAPP' }, team: null }).teamId).toBe('');
  });
});
