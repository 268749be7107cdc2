/**
 * The tree that every text syntax of Slack (mrkdwn, markdown blocks, rich text) is parsed into. It is a closed
 * list of kinds: the renderer knows these and nothing else, so no text can ask for another element or attribute.
 */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'break' }
  | { kind: 'bold' | 'italic' | 'strike' | 'code'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] }
  | { kind: 'mention'; target: 'user' | 'channel' | 'group' | 'broadcast'; id: string; label: string }
  | { kind: 'date'; unix: number; format: string; href: string | null; fallback: string }
  | { kind: 'emoji'; name: string; glyph: string };

export type BlockNode =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'heading'; level: 1 | 2 | 3; children: Inline[] }
  | { kind: 'quote'; children: BlockNode[] }
  | { kind: 'pre'; children: Inline[] }
  | { kind: 'list'; ordered: boolean; start: number; indent: number; items: Inline[][] }
  | { kind: 'rule' }
  | { kind: 'grid'; head: Inline[][]; rows: Inline[][][] };

const allowed = new Set(['http:', 'https:', 'mailto:']);

/** The address if a person may safely follow it (http, https or mailto), else null. */
export function safeHref(address: string): string | null {
  // Browsers drop tabs and line ends inside a scheme ("java\nscript:"), so any control character or blank refuses.
  for (const char of address) if (char <= ' ' || char === '\u007f') return null;
  try {
    const url = new URL(address);
    return allowed.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Slack escapes exactly these three; decoded once, from left to right, so "&amp;lt;" stays "&lt;". */
export function decodeEntities(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (_, name: string) =>
    name === 'amp' ? '&' : name === 'lt' ? '<' : '>',
  );
}

/** What the tree says as plain text, for announcements and one-line summaries. */
export function plainText(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      switch (node.kind) {
        case 'text':
          return node.text;
        case 'break':
          return ' ';
        case 'emoji':
          return node.glyph;
        case 'mention':
          return node.label || node.id;
        case 'date':
          return node.fallback;
        default:
          return plainText(node.children);
      }
    })
    .join('');
}
