import { expect, it } from 'vitest';
import { claimedRun, parseTag, tagOf, tagsOf } from '../../src/workflow/tag.ts';

it('reads the parts of the comment that names an effect, and no other', () => {
  expect(parseTag({ id: 'k3f9' }, 'patchday k3f9 install w12/1/eu/linux#3 a2')).toEqual({
    kind: 'install',
    wave: 12,
    batch: 'w12/1/eu/linux#3',
    attempt: 2,
  });
  for (const other of [
    '',
    'patchday k3f9 cancel w1/x#1 a1',
    'patchday k3f9x install w1/x#1 a1',
    'patchday k3f9 install w1/x#1',
    'patchday k3f9 install w1/x#1 a1 and more',
    'patchday k3f9 not install w1/x#1 a1',
  ])
    expect(parseTag({ id: 'k3f9' }, other)).toBeNull();
});

it('reads what it makes', () => {
  const tag = tagOf('k3f9', 'install', 'w12/1/eu/linux#3', 12);
  expect(tag).toBe('patchday k3f9 install w12/1/eu/linux#3 a12');
  expect(tag.startsWith(tagsOf('k3f9'))).toBe(true);
  expect(parseTag({ id: 'k3f9' }, tag)).toMatchObject({ kind: 'install', attempt: 12 });
  expect(claimedRun(tag)).toBe('k3f9');
});

it('knows of no run in a comment without the mark', () => {
  expect(claimedRun('patchday ')).toBe('');
  expect(claimedRun('Rotate logs')).toBeNull();
  expect(parseTag({ id: 'k3f9' }, 'patches! k3f9 install w1/x#1 a1')).toBeNull();
});
