import type { App } from '@slack/bolt';
import type { KnownBlock, ModalView } from '@slack/types';
import { CHANNELS } from '../../sandbox/slack/default-workspace.ts';

/**
 * A small bot with every kind of interaction the page has to carry: a card with table and buttons, a confirmation,
 * a modal that refuses its input once and pushes a second view, a thread with a file, an ephemeral answer.
 */
export function registerPatchBot(app: App): void {
  app.command('/patch', async ({ ack, client, body }) => {
    await ack({ response_type: 'ephemeral', text: `Scanning for ${body.text}…` });
    await client.chat.postMessage({
      channel: CHANNELS.prod,
      text: 'Run 42 waits for approval',
      blocks: card(true),
    });
  });

  app.action('approve', async ({ ack, client, body }) => {
    await ack();
    if (body.type !== 'block_actions' || !body.message || !body.channel) return;
    const approved: KnownBlock = {
      type: 'section',
      text: { type: 'mrkdwn', text: `Approved by <@${body.user.id}>` },
    };
    const place = { channel: body.channel.id, ts: body.message.ts };
    await client.chat.update({ ...place, text: 'Run 42 is approved', blocks: [...card(false), approved] });
    await client.files.uploadV2({
      channel_id: body.channel.id,
      thread_ts: body.message.ts,
      filename: 'plan.csv',
      title: 'Plan of run 42',
      initial_comment: 'The whole plan',
      content: 'id,name\ni-1,"web-1, <b>blue</b>"\ni-2,web-2\n',
    });
  });

  app.action('reject', async ({ ack, client, body }) => {
    await ack();
    if (body.type === 'block_actions')
      await client.views.open({ trigger_id: body.trigger_id, view: rejection });
  });

  app.action('details', async ({ ack, client, body }) => {
    await ack();
    if (body.type === 'block_actions')
      await client.views.push({ trigger_id: body.trigger_id, view: details });
  });

  app.view('rejection', async ({ ack, view, client, body }) => {
    const reason = view.state.values['reason']?.['text']?.value ?? '';
    const severity = view.state.values['severity']?.['choice']?.selected_option?.value ?? '';
    if (!reason.includes('CHG')) {
      await ack({ response_action: 'errors', errors: { reason: 'Name the change ticket (CHG…).' } });
      return;
    }
    await ack();
    const text = `Rejected by <@${body.user.id}>: ${reason} (${severity})`;
    await client.chat.postMessage({ channel: CHANNELS.prod, text });
  });
}

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text });
const cell = (text: string) => ({ type: 'raw_text' as const, text });

function card(open: boolean): KnownBlock[] {
  const buttons: KnownBlock = {
    type: 'actions',
    block_id: 'decide',
    elements: [
      {
        type: 'button',
        action_id: 'approve',
        style: 'primary',
        text: plain('Approve 2 instances'),
        confirm: {
          title: plain('Approve run 42?'),
          text: mrkdwn('*2 instances* of prod will be patched.'),
          confirm: plain('Approve'),
          deny: plain('Not yet'),
        },
      },
      { type: 'button', action_id: 'reject', style: 'danger', text: plain('Reject…') },
      { type: 'button', action_id: 'silent', text: plain('Unanswered') },
    ],
  };
  return [
    { type: 'header', text: plain('Patch run 42 · prod') },
    { type: 'section', fields: [mrkdwn('*Instances*\n2'), mrkdwn('*Severity*\n1 critical')] },
    {
      type: 'table',
      rows: [
        [cell('Name'), cell('Missing')],
        [cell('web-1'), cell('9')],
        [cell('web-2'), cell('4')],
      ],
    },
    ...(open ? [buttons] : []),
  ];
}

const rejection: ModalView = {
  type: 'modal',
  callback_id: 'rejection',
  title: plain('Reject run 42'),
  submit: plain('Reject'),
  blocks: [
    { type: 'alert', level: 'warning', text: plain('A rejected plan cannot be approved later.') },
    {
      type: 'input',
      block_id: 'reason',
      label: plain('Reason'),
      element: { type: 'plain_text_input', action_id: 'text', multiline: true },
    },
    {
      type: 'input',
      block_id: 'severity',
      label: plain('Severity'),
      element: {
        type: 'static_select',
        action_id: 'choice',
        options: ['Low', 'High'].map((word) => ({ text: plain(word), value: word.toLowerCase() })),
      },
    },
    {
      type: 'section',
      block_id: 'more',
      text: mrkdwn('2 instances'),
      accessory: { type: 'button', action_id: 'details', text: plain('View instances') },
    },
  ],
};

const details: ModalView = {
  type: 'modal',
  callback_id: 'details',
  title: plain('Instances'),
  blocks: [{ type: 'section', text: mrkdwn('• web-1\n• web-2') }],
};
