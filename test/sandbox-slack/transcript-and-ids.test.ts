import { WebClient } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS, GROUPS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { Ids, seededRandom } from '../../sandbox/slack/ids.ts';
import { type SlackSimulator, startSlackSimulator } from '../../sandbox/slack/server.ts';
import { clientOptions } from './support.ts';

describe('a message’s ts', () => {
  it('is never given twice and never goes back, even when the clock does', () => {
    const times = [5_000, 5_000, 4_000, 6_000];
    const ids = new Ids(() => times.shift() ?? 0);

    expect([ids.ts(), ids.ts(), ids.ts(), ids.ts()]).toEqual([
      '5.000000',
      '5.000001',
      '5.000002',
      '6.000000',
    ]);
  });
});

describe('seeded randomness', () => {
  it('repeats itself for one seed and differs for another', () => {
    const three = (seed: number): number[] => {
      const random = seededRandom(seed);
      return [random(), random(), random()];
    };

    expect(three(1)).toEqual(three(1));
    expect(three(1)).not.toEqual(three(2));
    expect(three(1).every((one) => one >= 0 && one < 1)).toBe(true);
  });
});

describe('the transcript', () => {
  let slack: SlackSimulator;
  let client: WebClient;
  beforeEach(async () => {
    slack = await startSlackSimulator({ rateLimits: 'off' });
    client = new WebClient(slack.botToken, clientOptions(slack));
  });
  afterEach(() => slack.close());

  it('shows replies under their own message, ephemeral ones, files, blocks, and names for ids', async () => {
    const post = (text: string, more: object = {}) =>
      client.chat.postMessage({ channel: CHANNELS.prod, text, ...more });
    const first = await post('Run 1');
    const second = await post(`Run 2 for <!subteam^${GROUPS.approvers}> at <!date^1^{time}|now>`, {
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: 'Run 2' } },
        { type: 'section', fields: [{ type: 'mrkdwn', text: '*Wave*\n1 of 2' }] },
        { type: 'divider' },
        {
          type: 'table',
          rows: [
            [
              { type: 'raw_text', text: 'web01' },
              { type: 'raw_text', text: 'ok' },
            ],
          ],
        },
      ],
    });
    await post('reply to 1', { thread_ts: first.ts });
    await client.filesUploadV2({
      channel_id: CHANNELS.prod,
      thread_ts: String(second.ts),
      initial_comment: 'report',
      filename: 'run-2.csv',
      file: Buffer.from('a'),
    });
    await client.chat.postEphemeral({
      channel: CHANNELS.prod,
      user: USERS.olga,
      text: 'You cannot approve.',
    });

    expect(slack.control.transcript('patching-prod')).toBe(
      [
        '#patching-prod',
        'patchday: Run 1',
        '    patchday: reply to 1',
        'patchday: Run 2 for @patch-approvers at (time)',
        '  | # Run 2',
        '  | *Wave*',
        '  | 1 of 2',
        '  | ---',
        '  | web01 | ok',
        '    patchday: report',
        '      [file run-2.csv]',
        'patchday (only olga sees this): You cannot approve.',
        '',
      ].join('\n'),
    );
  });
});
