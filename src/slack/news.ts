/** One message in the thread of a run. Pure. */
import type { Anchor, News } from '../workflow/view.ts';
import { context, messageText, section } from './blocks.ts';
import type { Message } from './card.ts';
import { code, codeBlock, md, NOTHING, words } from './mrkdwn.ts';

const MARKS: Record<News['kind'], ReturnType<typeof md>> = {
  progress: NOTHING,
  failure: md`❌ Failure: `,
  question: md`❓ A person must decide: `,
  plan: md`📋 `,
  report: md`📋 `,
};

/** The text is complete without the blocks. */
export function renderNews(news: News | Anchor): Message {
  if (news.kind === 'anchor') return renderAnchor(news);
  const what = md`${MARKS[news.kind]}${words(news.text, 1500)}`;
  const hint =
    news.kind === 'question' ? md`\nAnswer with the buttons on the card at the top of this thread.` : NOTHING;
  const blocks = [section(md`${what}${hint}`)];
  if (news.kind === 'failure' && news.excerpt.trim() !== '') {
    blocks.push(section(excerptText(news.excerpt)));
  }
  const spoken = md`${MARKS[news.kind]}${words(news.text, 700)}`;
  return {
    text: messageText([spoken, hint === NOTHING ? NOTHING : md`Answer with the buttons on the card.`]),
    blocks,
  };
}

/**
 * Alone in its message, small, and the head as code: foreign text is never shown like this, so that nobody can
 * write an anchor of their own into a thread (SECURITY.md says how to tell them apart).
 */
function renderAnchor({ seq, hash }: Anchor): Message {
  const text = md`🔏 Audit head: ${code(`${seq}:${hash}`)} From now on, any change to audit rows 1 to ${seq} shows.`;
  return { text: messageText([text]), blocks: [context(text)] };
}

/** The end of the output, where the error is, short enough even if every character must be escaped. */
function excerptText(excerpt: string): ReturnType<typeof md> {
  for (const max of [2500, 1200, 500]) {
    const text = md`End of its output:\n${codeBlock([...excerpt].slice(-max).join(''), max)}`;
    if (text.length <= 2990) return text;
  }
  return md`Its output is in the report.`;
}
