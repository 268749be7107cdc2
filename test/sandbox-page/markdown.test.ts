import { expect, test } from 'vitest';
import { parseMarkdown } from '../../sandbox/slack/page/markdown.ts';

test('headings, emphasis, links, code and escapes become their nodes', () => {
  expect(
    parseMarkdown('## Title\n**bold *both*** and \\*not\\* [a `b`](https://example.com) ~~no~~ snake_case_x'),
  ).toEqual([
    { kind: 'heading', level: 2, children: [{ kind: 'text', text: 'Title' }] },
    {
      kind: 'paragraph',
      children: [
        {
          kind: 'bold',
          children: [
            { kind: 'text', text: 'bold ' },
            { kind: 'italic', children: [{ kind: 'text', text: 'both' }] },
          ],
        },
        { kind: 'text', text: ' and *not* ' },
        {
          kind: 'link',
          href: 'https://example.com/',
          children: [
            { kind: 'text', text: 'a ' },
            { kind: 'code', children: [{ kind: 'text', text: 'b' }] },
          ],
        },
        { kind: 'text', text: ' ' },
        { kind: 'strike', children: [{ kind: 'text', text: 'no' }] },
        { kind: 'text', text: ' snake_case_x' },
      ],
    },
  ]);
});

test('lists nest by indentation, go on counting after an inner list, and show check boxes', () => {
  const lists = parseMarkdown('1. one\n   - inner\n2. two\n\n- [x] done\n- [ ] open');

  expect(
    lists.map((list) => list.kind === 'list' && [list.ordered, list.start, list.indent, list.items.length]),
  ).toEqual([
    [true, 1, 0, 1],
    [false, 1, 1, 1],
    [true, 2, 0, 1],
    [false, 1, 0, 2],
  ]);
  expect(lists.at(-1)).toMatchObject({
    items: [
      [{ text: '☑ ' }, { text: 'done' }],
      [{ text: '☐ ' }, { text: 'open' }],
    ],
  });
});

test('tables, quotes, rules and fences are blocks of their own', () => {
  const nodes = parseMarkdown(
    '| a | b |\n|---|:-:|\n| 1 | `2` |\n> quoted\n> - item\n---\n```sh\n**raw**\n```',
  );

  expect(nodes.map((node) => node.kind)).toEqual(['grid', 'quote', 'rule', 'pre']);
  expect(nodes[0]).toMatchObject({
    head: [[{ text: 'a' }], [{ text: 'b' }]],
    rows: [[[{ text: '1' }], [{ kind: 'code' }]]],
  });
  expect(nodes[1]).toMatchObject({ children: [{ kind: 'paragraph' }, { kind: 'list' }] });
  expect(nodes[3]).toEqual({ kind: 'pre', children: [{ kind: 'text', text: '**raw**' }] });
});
