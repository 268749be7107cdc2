import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMarkdown } from '../../sandbox/slack/page/markdown.ts';
import { parseMrkdwn, parsePlain } from '../../sandbox/slack/page/mrkdwn.ts';
import { type BlockNode, type Inline, safeHref } from '../../sandbox/slack/page/nodes.ts';
import { parseRichText } from '../../sandbox/slack/page/richtext.ts';
import { hostileTexts } from './hostile-texts.ts';

/** For each kind of node, the fields it may have: what is not listed here cannot reach an element. */
const fields: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  break: [],
  bold: ['children'],
  italic: ['children'],
  strike: ['children'],
  code: ['children'],
  link: ['href', 'children'],
  mention: ['target', 'id', 'label'],
  date: ['unix', 'format', 'href', 'fallback'],
  emoji: ['name', 'glyph'],
  paragraph: ['children'],
  heading: ['level', 'children'],
  quote: ['children'],
  pre: ['children'],
  list: ['ordered', 'start', 'indent', 'items'],
  rule: [],
  grid: ['head', 'rows'],
};

function everyNode(nodes: readonly (BlockNode | Inline)[]): (BlockNode | Inline)[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'list') return [node, ...everyNode(node.items.flat())];
    if (node.kind === 'grid') return [node, ...everyNode([...node.head.flat(), ...node.rows.flat(2)])];
    return 'children' in node ? [node, ...everyNode(node.children)] : [node];
  });
}

function expectHarmless(tree: readonly (BlockNode | Inline)[]): void {
  for (const node of everyNode(tree)) {
    expect(
      Object.keys(node)
        .filter((field) => field !== 'kind')
        .toSorted(),
    ).toEqual(fields[node.kind]?.toSorted());
    if (node.kind === 'link' || (node.kind === 'date' && node.href !== null)) {
      expect(node.href).toMatch(/^(https?:\/\/|mailto:)/);
      expect(node.href).not.toMatch(/[\s"<>]/);
    }
    if (node.kind === 'emoji') expect(node.glyph).not.toMatch(/[<>&"a-z]/i);
  }
}

describe('hostile text', () => {
  test('the corpus has at least thirty different texts', () => {
    expect(new Set(hostileTexts).size).toBeGreaterThanOrEqual(30);
  });

  test.each(hostileTexts.map((text) => [text]))('%j becomes only allowed nodes', (text) => {
    expectHarmless(parseMrkdwn(text));
    expectHarmless(parseMarkdown(text));
    expectHarmless(parsePlain(text));
    const link = { type: 'link', url: text, text };
    const elements = [
      { type: 'text', text, style: { bold: true, onclick: true } },
      link,
      { type: 'emoji', name: text, unicode: text },
    ];
    expectHarmless(
      parseRichText({
        type: 'rich_text',
        elements: [
          { type: 'rich_text_section', elements },
          { type: text, elements },
        ],
      }),
    );
  });

  test('any text at all becomes only allowed nodes, in time that grows with its length', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '|',
      '!date^',
      '*',
      '_',
      '~',
      '`',
      '```',
      '&lt;',
      '@U1',
      'javascript:',
      'https://a',
      '\n',
      ' ',
      ':x:',
      '[',
      '](',
      ')',
      '\u0000',
    );
    const text = fc
      .array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 60 })
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (value) => {
        expectHarmless(parseMrkdwn(value));
        expectHarmless(parseMarkdown(value));
      }),
      { numRuns: 400, seed: 20261121 },
    );
  });

  test.each(['*a', '_a ', '~', '`', '<', '<@U1', '>', '&gt;', '[', '**a', ':a', '- '])(
    'twelve thousand characters of %j are read in seconds, not minutes',
    (piece) => {
      const text = piece.repeat(Math.ceil(12_000 / piece.length)).slice(0, 12_000);
      const began = performance.now();

      parseMrkdwn(text);
      parseMarkdown(text);

      expect(performance.now() - began).toBeLessThan(5000);
    },
  );
});

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  ' javascript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'file:///etc/passwd',
  'blob:https://example.com/x',
  '//example.com',
  '/sandbox/api/command',
  'https:\t//example.com',
  '',
])('%j is no address a person may follow', (address) => {
  expect(safeHref(address)).toBeNull();
});
