import { describe, expect, test } from 'vitest';
import { parseMrkdwn } from '../../sandbox/slack/page/mrkdwn.ts';
import type { BlockNode, Inline } from '../../sandbox/slack/page/nodes.ts';

/** A short notation of a tree, so that a case reads as one line. */
function show(nodes: readonly BlockNode[]): string {
  return nodes.map(showBlock).join('|');
}

function showBlock(node: BlockNode): string {
  switch (node.kind) {
    case 'paragraph':
      return inline(node.children);
    case 'quote':
      return `quote(${show(node.children)})`;
    case 'pre':
      return `pre(${inline(node.children)})`;
    case 'list':
      return `list${node.indent || ''}(${node.items.map(inline).join(';')})`;
    default:
      return node.kind;
  }
}

function inline(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      switch (node.kind) {
        case 'text':
          return node.text;
        case 'break':
          return '⏎';
        case 'emoji':
          return node.glyph;
        case 'link':
          return `link[${node.href}](${inline(node.children)})`;
        case 'mention':
          return `${node.target}[${node.id}](${node.label})`;
        case 'date':
          return `date[${node.unix},${node.format},${node.href}](${node.fallback})`;
        default:
          return `${node.kind}(${inline(node.children)})`;
      }
    })
    .join('');
}

const parsed = (text: string) => show(parseMrkdwn(text));

describe('emphasis', () => {
  test.each([
    ['*bold* _italic_ ~strike~ `code`', 'bold(bold) italic(italic) strike(strike) code(code)'],
    ['*bold with _italic_ and ~strike~*', 'bold(bold with italic(italic) and strike(strike))'],
    ['(*bold*), "_it_"!', '(bold(bold)), "italic(it)"!'],
    ['snake_case_name and 2*3*4', 'snake_case_name and 2*3*4'],
    ['* not bold * and *not bold *', '* not bold * and *not bold *'],
    ['*unclosed and _unclosed', '*unclosed and _unclosed'],
    ['*a line\nbreak*', '*a line⏎break*'],
    ['**', '**'],
    ['`*not bold* _in code_`', 'code(*not bold* _in code_)'],
    ['*`code` in bold*', 'bold(code(code) in bold)'],
    ['`a * b` and *c*', 'code(a * b) and bold(c)'],
  ])('reads %j as %s', (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });
});

describe('blocks of text', () => {
  test.each([
    ['before\n```\na *b*\n  c\n```\nafter', 'before|pre(a *b*⏎  c)|after'],
    ['```one``` and ```two```', 'pre(one)| and |pre(two)'],
    ['an ``` unclosed fence', 'an ``` unclosed fence'],
    ['> quoted\n&gt; *again*\nnot', 'quote(quoted⏎bold(again))|not'],
    ['>>> all\nof\n*it*', 'quote(all⏎of⏎bold(it))'],
    ['• one\n• two\n    ◦ deeper\nend', 'list(one;two)|list1(deeper)|end'],
    ['one\n\ntwo', 'one⏎⏎two'],
  ])('reads %j as %s', (text, expected) => {
    expect(parsed(text).replaceAll('\n', '⏎')).toBe(expected);
  });
});

describe('angle brackets and entities', () => {
  test.each([
    ['<https://example.com?a=1&amp;b=2|the *wiki*>', 'link[https://example.com/?a=1&b=2](the *wiki*)'],
    ['<https://example.com>', 'link[https://example.com/](https://example.com)'],
    ['<mailto:a@example.com|write>', 'link[mailto:a@example.com](write)'],
    [
      'see https://example.com/x_y_z, then',
      'see link[https://example.com/x_y_z](https://example.com/x_y_z), then',
    ],
    ['<@U012AB> <@U012AB|kim> <#C01|general>', 'user[U012AB]() user[U012AB](kim) channel[C01](general)'],
    [
      '<!subteam^S01|@ops> <!here> <!channel|x>',
      'group[S01](@ops) broadcast[here](@here) broadcast[channel](@channel)',
    ],
    [
      '<!date^1392734382^{date} at {time}^https://example.com|Feb 18>',
      'date[1392734382,{date} at {time},https://example.com/](Feb 18)',
    ],
    ['<!date^soon^{date}|some day>', 'some day'],
    ['a &lt;b&gt; &amp; &amp;lt; &quot;', 'a <b> & &lt; &quot;'],
    [':tada: :not_known: 10:30:15', '🎉 :not_known: 10:30:15'],
    ['*<@U012AB>* asked', 'bold(user[U012AB]()) asked'],
    ['`<https://example.com|x>`', 'code(link[https://example.com/](x))'],
  ])('reads %j as %s', (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });

  test('bare addresses stay text when the text object says verbatim', () => {
    expect(show(parseMrkdwn('https://example.com', { verbatim: true }))).toBe('https://example.com');
  });
});
