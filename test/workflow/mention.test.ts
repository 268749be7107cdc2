import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doer, foreign, mention, plainMentions, showMentions } from '../../src/workflow/mention.ts';
import { InDoubt, LookFailed, NoEffect } from '../../src/workflow/ports.ts';
import { called } from '../../src/workflow/target-changes.ts';
import { buildInstance, buildTarget } from './build.ts';

const hostile = fc.string({
  unit: fc.constantFrom('\uE000', '\uE001', 'U', '0', 'A', '<', '@', '>', '!', ' ', '\n'),
});

describe('foreign text', () => {
  it('never becomes a mention, whatever it holds', () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const seen: string[] = [];
        showMentions(`${foreign(a)} by ${mention('U0REAL')} ${foreign(b)}`, (id) => {
          seen.push(id);
          return '';
        });
        expect(seen).toEqual(['U0REAL']);
      }),
    );
  });

  it('cannot end or begin a mark of ours from both sides', () => {
    const text = `${foreign('\uE000')}U0EVIL${foreign('\uE001')}`;
    expect(showMentions(text, () => 'MENTION')).toBe('U0EVIL');
  });

  it('as the name of an instance or an error of AWS is cleaned where sentences are made', () => {
    const evil = mention('S0EVERYONE');
    const texts = [
      called(buildTarget(1, { instance: buildInstance(1, { name: evil }) })),
      new LookFailed('X', evil, true).message,
      new NoEffect('X', evil, 'never').message,
      new InDoubt(evil).message,
    ];
    for (const text of texts) expect(showMentions(text, () => 'MENTION')).not.toContain('MENTION');
  });
});

describe('a mention', () => {
  it('is shown by the front end as its own, and in files as an id', () => {
    expect(showMentions(`by ${mention('U123')}.`, (id) => `<@${id}>`)).toBe('by <@U123>.');
    expect(plainMentions(`by ${mention('U123')}.`)).toBe('by @U123.');
  });

  it('names who did something; Patchday by itself is no person', () => {
    expect([doer('U123'), doer('patchday')]).toEqual([mention('U123'), 'Patchday']);
  });

  it('of something that is no id stays text', () => {
    expect(showMentions(mention('u123 x'), () => 'MENTION')).not.toContain('MENTION');
  });
});
