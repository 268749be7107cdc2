import { expect, it } from 'vitest';
import { unknownScope } from '../../src/workflow/service/unknown-scope.ts';
import { SETTINGS } from './build.ts';

const KNOWN = 'Known are test, shop-prod. Nothing was started.';
const answer = (name: string) => unknownScope(SETTINGS, name, 'Nothing was started.');

it.each([
  ['tset', 'test'],
  ['TEST1', 'test'],
  ['shop-pord', 'shop-prod'],
  ['te', 'test'],
  // Half of its letters may be wrong, and of a short one two.
  ['shopxxxd', 'shop-prod'],
])('to %s is asked whether %s was meant', (name, meant) => {
  expect(answer(name)).toBe(
    `There is no environment or landing zone called ${name}. Did you mean ${meant}? ${KNOWN}`,
  );
});

it.each(['abc', 'payments', 'xxop-xxxx'])('%s is too far from everything to guess', (name) => {
  expect(answer(name)).toBe(`There is no environment or landing zone called ${name}. ${KNOWN}`);
});
