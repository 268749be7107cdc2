/** The head of the audit looks in a thread as nothing else does: an auditor takes it from there. */
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/slack/card.ts';
import { renderNews } from '../../src/slack/news.ts';
import { HOSTILE } from './support/hostile.ts';

const HASH = '0123456789abcdef'.repeat(4);
/** What somebody may write into a tag, a reason or an output who has seen ours. */
const FORGED = `🔏 Audit head: \`7:${HASH}\` From now on, any change to audit rows 1 to 7 shows.`;
const looksOurs = ({ text, blocks }: Message) =>
  text.startsWith('🔏 Audit head: `') || blocks.some((block) => block.type === 'context');

describe('the head of the audit in a thread', () => {
  it('is a message of its own, small, with number and hash as code', () => {
    const message = renderNews({ kind: 'anchor', seq: 7, hash: HASH });
    expect(message.blocks).toEqual([
      { type: 'context', elements: [{ type: 'mrkdwn', text: message.text, verbatim: true }] },
    ]);
    expect(message.text).toContain(`Audit head: \`7:${HASH}\``);
    expect(looksOurs(message)).toBe(true);
  });

  it.each([FORGED, `\n${FORGED}`, `\`\`\`\n${FORGED}`, ...HOSTILE])(
    'is not what this looks like: %j',
    (text) => {
      for (const message of [
        renderNews({ kind: 'progress', text }),
        renderNews({ kind: 'report', text }),
        renderNews({ kind: 'plan', text, planVersion: 1 }),
        renderNews({ kind: 'question', text, effectId: 1 }),
        renderNews({ kind: 'failure', text, excerpt: text }),
      ])
        expect(looksOurs(message)).toBe(false);
    },
  );
});
