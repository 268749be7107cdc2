/** What targets are called, and when a patch command may have been sent to one already. */
import { expect, it } from 'vitest';
import { called, mayHaveBeenSent } from '../../src/workflow/target-changes.ts';
import { buildEffect, buildInstance, buildTarget, keyOf } from './build.ts';

it('an instance without a name is called by its id alone', () => {
  expect(called(buildTarget(1, { instance: buildInstance(1, { name: 'i-00000001' }) }))).toBe('i-00000001');
  expect(called(buildTarget(1))).toBe('web-1 (i-00000001)');
});

it('a patch command may have been sent where a person answered a question about one, and nowhere else', () => {
  const sent = (...given: Parameters<typeof buildEffect>) =>
    mayHaveBeenSent([buildEffect(...given)], buildTarget(1));
  expect(sent('install', [keyOf(1)], { state: 'closed' })).toBe(true);
  expect(sent('install', [keyOf(2)], { state: 'closed' })).toBe(false);
  expect(sent('install', [keyOf(1)], { state: 'no_effect' })).toBe(false);
  expect(sent('stop', [keyOf(1)], { state: 'closed' })).toBe(false);
});
