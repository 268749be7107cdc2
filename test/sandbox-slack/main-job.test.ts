import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHANNELS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { type Running, startApp, stopApp } from './support.ts';

describe('a bot on the simulated Slack, with the real Bolt and two sockets', () => {
  let running: Running;

  beforeAll(async () => {
    running = await startApp((app) => {
      app.command('/patch', async ({ ack, command, client }) => {
        await ack();
        await client.chat.postMessage({
          channel: command.channel_id,
          text: `Scan of ${command.text}`,
          blocks: [
            {
              type: 'section',
              block_id: 'card',
              text: { type: 'mrkdwn', text: `*Scan of* ${command.text}` },
            },
            {
              type: 'actions',
              block_id: 'buttons',
              elements: [
                {
                  type: 'button',
                  action_id: 'approve',
                  text: { type: 'plain_text', text: 'Approve' },
                  value: 'run-1',
                },
                { type: 'button', action_id: 'reject', text: { type: 'plain_text', text: 'Reject…' } },
              ],
            },
          ],
        });
      });
      app.action('approve', async ({ ack, body, client }) => {
        await ack();
        if (body.type !== 'block_actions' || !body.channel || !body.message) return;
        await client.chat.update({
          channel: body.channel.id,
          ts: body.message.ts,
          text: `Approved by <@${body.user.id}>`,
        });
      });
      app.action('reject', async ({ ack, body, client }) => {
        await ack();
        if (body.type !== 'block_actions') return;
        await client.views.open({
          trigger_id: body.trigger_id,
          view: {
            type: 'modal',
            callback_id: 'why',
            title: { type: 'plain_text', text: 'Reject run' },
            submit: { type: 'plain_text', text: 'Reject' },
            private_metadata: body.channel?.id ?? '',
            blocks: [
              {
                type: 'input',
                block_id: 'reason',
                label: { type: 'plain_text', text: 'Reason' },
                element: { type: 'plain_text_input', action_id: 'text' },
              },
            ],
          },
        });
      });
      app.view('why', async ({ ack, view, client, body }) => {
        const reason = view.state.values['reason']?.['text']?.value ?? '';
        if (reason.length < 5) {
          await ack({ response_action: 'errors', errors: { reason: 'Say a little more.' } });
          return;
        }
        await ack();
        await client.chat.postMessage({
          channel: view.private_metadata,
          text: `Rejected by ${body.user.name}: ${reason}`,
        });
      });
    });
  });
  afterAll(() => stopApp(running));

  it('a slash command reaches the bot, whose card the whole channel sees', async () => {
    const { control } = running.slack;

    const answer = await control.command({
      user: 'priya',
      channel: 'patching-prod',
      text: '/patch scan prod',
    });

    expect(answer).toEqual({ ok: true });
    const card = await control.waitForMessage((message) => message.text === 'Scan of scan prod');
    expect(card).toMatchObject({ channel: CHANNELS.prod, user: USERS.bot, ephemeralTo: null });
    expect(card.blocks.map((block) => block.type)).toEqual(['section', 'actions']);
  });

  it('a button changes the card in place, and text alone takes its blocks away', async () => {
    const { control } = running.slack;
    const card = await control.waitForMessage((message) => message.text === 'Scan of scan prod');

    const answer = await control.click({
      user: 'aisha',
      channel: card.channel,
      ts: card.ts,
      actionId: 'approve',
    });

    expect(answer).toEqual({ ok: true });
    const after = await control.waitForMessage((message) => message.text === `Approved by <@${USERS.aisha}>`);
    expect(after).toMatchObject({ ts: card.ts, blocks: [] });
    expect(after.edited).not.toBeNull();
  });

  it('a modal keeps its person until the input satisfies the bot', async () => {
    const { control } = running.slack;
    await control.command({ user: 'priya', channel: 'patching-prod', text: '/patch scan web' });
    const card = await control.waitForMessage((message) => message.text === 'Scan of scan web');
    await control.click({ user: 'aisha', channel: card.channel, ts: card.ts, actionId: 'reject' });
    const view = await control.waitForView('aisha');
    const submit = (text: string) =>
      control.submit({ user: 'aisha', viewId: view.id, values: { reason: { text } } });

    expect(await submit('')).toEqual({ ok: false, error: 'Please complete this required field.' });
    expect(await submit('no')).toEqual({ ok: true });
    expect(control.views('aisha')[0]?.errors).toEqual({ reason: 'Say a little more.' });
    expect(await submit('wrong week')).toEqual({ ok: true });

    expect(control.views('aisha')).toEqual([]);
    await control.waitForMessage((message) => message.text === 'Rejected by aisha: wrong week');
  });

  it('writes a transcript of the channel without ids and times', () => {
    expect(running.slack.control.transcript('patching-prod')).toBe(
      [
        '#patching-prod',
        'patchday: Approved by @aisha',
        'patchday: Scan of scan web',
        '  | *Scan of* scan web',
        '  | [Approve] [Reject…]',
        'patchday: Rejected by aisha: wrong week',
        '',
      ].join('\n'),
    );
  });
});
