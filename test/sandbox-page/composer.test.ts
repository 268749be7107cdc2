import { describe, expect, test } from 'vitest';
import { completionsFor, History } from '../../sandbox/slack/page/completion.ts';

const patch = {
  command: '/patch',
  description: 'Scan and patch instances',
  usageHint: 'scan <env> | help',
  suggestions: ['/patch help', '/patch scan prod', '/patch scan nonprod'],
};

const lines = (typed: string) => completionsFor(typed, [patch]).map((offer) => offer.line);

describe('completion of commands', () => {
  test('a slash offers the command and the lines the bot suggests', () => {
    expect(lines('/')).toEqual(['/patch ', '/patch help', '/patch scan prod', '/patch scan nonprod']);
  });

  test('what was typed narrows the offers, in any letter case', () => {
    expect(lines('/PATCH sc')).toEqual(['/patch scan prod', '/patch scan nonprod']);
    expect(lines('/patch scan prod')).toEqual([]);
  });

  test('plain text, several lines and other commands offer nothing', () => {
    expect(lines('patch')).toEqual([]);
    expect(lines('/patch\nscan')).toEqual([]);
    expect(lines('/other')).toEqual([]);
  });
});

describe('history of lines sent', () => {
  test('goes back to older lines and forward to the draft', () => {
    const history = new History(['/patch runs']);
    history.add('/patch status');

    expect([history.older('half ty'), history.older(''), history.older('')]).toEqual([
      '/patch status',
      '/patch runs',
      null,
    ]);
    expect([history.newer(), history.newer(), history.newer()]).toEqual(['/patch status', 'half ty', null]);
  });

  test('the same line twice in a row is kept once, and every change is saved', () => {
    const saved: string[][] = [];
    const history = new History([], (all) => saved.push([...all]));

    history.add('a');
    history.add('a');
    history.add('b');

    expect(saved.at(-1)).toEqual(['a', 'b']);
  });
});
