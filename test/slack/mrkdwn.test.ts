import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  code,
  codeBlock,
  cut,
  escapeLines,
  escapeText,
  group,
  length,
  link,
  md,
  plainLine,
  shorten,
  time,
  user,
  words,
} from '../../src/slack/mrkdwn.ts';
import { foreign, mention } from '../../src/workflow/mention.ts';
import { HOSTILE } from './support/hostile.ts';

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.constantFrom(...HOSTILE));

describe('foreign text', () => {
  it('never keeps a character that opens markup', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        for (const safe of [
          escapeText(raw),
          escapeLines(raw),
          code(raw).slice(1, -1),
          codeBlock(raw).slice(4, -4),
        ]) {
          expect(safe).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)|`/);
          expect(safe).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
          expect(safe.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is cut by code points before it is escaped', () => {
    expect(escapeText('&&&&&&', 4)).toBe('&amp;&amp;&amp;…');
    expect(escapeText('👍👍👍👍', 3)).toBe('👍👍…');
    expect(cut('abc', 3)).toBe('abc');
    fc.assert(
      fc.property(
        anyText,
        fc.integer({ min: 1, max: 50 }),
        (raw, max) => [...plainLine(raw, max)].length <= max,
      ),
    );
  });

  it('is one line where a line is asked for, and forges neither emoji, links nor bold', () => {
    expect(escapeText('a\nb\u2028c\td')).toBe('a b c d');
    expect(escapeText(':white_check_mark: ok')).not.toContain(':white_check_mark:');
    expect(escapeText('https://evil.example')).not.toContain('://');
    expect(escapeText('*now*')).not.toContain('*');
    expect(escapeText('@channel')).not.toContain('@channel');
  });

  it('leaves ordinary names and times as they are', () => {
    for (const name of ['web_front-01.corp', 'i-0123456789abcdef0', '10:30:15', 'a (b), c/d = 50 %']) {
      expect(escapeText(name)).toBe(name);
    }
  });
});

describe('safe text that is too long', () => {
  it('is shortened without tearing an entity, a mention or a code span', () => {
    const long = md`${user('U0AISHAAPP')} ${escapeText('<a> & b')} ${code('web-01')} ${time(1_700_000_000_000)} ${codeBlock('out\nput')}`;
    for (let max = 10; max <= long.length; max++) {
      const short = shorten(long, max);
      expect(short.length).toBeLessThanOrEqual(max);
      expect((short.match(/</g) ?? []).length).toBe((short.match(/>/g) ?? []).length);
      expect(short).not.toMatch(/&(?!(?:amp|lt|gt);)/);
      expect((short.match(/`/g) ?? []).length % 2).toBe(0);
    }
  });
});

describe('what is to be a mention or a link', () => {
  const TAILS = [' ', '>', '|aisha', '> <!channel', '\n<!here>', '`<!channel>`', 'é', '%'];

  it('is one when it is nothing else', () => {
    expect(user('U0AISHAAPP')).toBe('<@U0AISHAAPP>');
    expect(user('W0AISHAAPP')).toBe('<@W0AISHAAPP>');
    expect(group('S0APPROVER')).toBe('<!subteam^S0APPROVER>');
    expect(link('https://wiki.example:8443/patch/run-1', 'Runs & more')).toBe(
      '<https://wiki.example:8443/patch/run-1|Runs &amp; more>',
    );
  });

  it.each(TAILS)('is shown as text when it goes on with %j', (tail) => {
    for (const shown of [
      user(`U0AISHAAPP${tail}`),
      group(`S0APPROVER${tail}`),
      link(`https://wiki.example/${tail}`, 'Runs'),
    ]) {
      expect(shown).not.toMatch(/[<>]/);
      expect(shown).toMatch(/^`[^`]+`$/);
    }
  });

  it.each(TAILS)('is shown as text when %j stands before it', (tail) => {
    for (const shown of [
      user(`${tail}U0AISHAAPP`),
      group(`${tail}S0APPROVER`),
      link(`${tail}https://wiki.example/`, 'Runs'),
    ])
      expect(shown).not.toMatch(/[<>]/);
  });

  it.each(['javascript:alert(1)', 'ftp://wiki.example/', 'https://wiki.example/?to=<!channel>', 'https://'])(
    'is no link to %s',
    (address) => {
      expect(link(address, 'Runs')).not.toMatch(/[<>]/);
    },
  );
});

describe('the sentences of the workflow', () => {
  it('show the people and groups that it marked', () => {
    expect(words(`Ask ${mention('S0APPROVER')} or ${mention('U0AISHAAPP')}.`)).toBe(
      'Ask <!subteam^S0APPROVER> or <@U0AISHAAPP>.',
    );
  });

  it('mention nobody else, whatever stands in them', () => {
    for (const raw of HOSTILE) expect(words(`web ${foreign(raw)} here U0AISHAAPP`)).not.toMatch(/<[@!]/);
    expect(escapeText(`web ${mention('U0AISHAAPP')}`)).toBe('web U0AISHAAPP');
  });

  it('leave no half mention when they are cut', () => {
    const text = `Ask ${mention('S0APPROVER')} please`;
    for (let max = 1; max < 30; max++) expect(words(text, max)).toMatch(/^[^\ue000\ue001]*$/);
  });
});

describe('lengths of time', () => {
  it.each([
    [0, '0 min'],
    [5000, '5 s'],
    [5_400_000, '1 h 30 min'],
    [7_200_000, '2 h'],
    [200_000_000, '2 d 7 h'],
  ])('%i ms is %s', (ms, expected) => {
    expect(length(ms)).toBe(expected);
  });
});
