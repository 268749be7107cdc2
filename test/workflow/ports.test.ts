/** What a failed call says of itself: its name in the log, its cause, and nothing that could pass for a mention. */
import { expect, it } from 'vitest';
import { targetKey } from '../../src/workflow/instance.ts';
import { InDoubt, LookFailed, MANAGED_BY_PATCHDAY, NoEffect } from '../../src/workflow/ports.ts';
import { buildInstance } from './build.ts';

const cause = new Error('socket hang up');

it.each([
  ['NoEffect', new NoEffect('Throttling', 'Slow down\uE000.', 'later', { cause })],
  ['InDoubt', new InDoubt('Slow down\uE000.', { cause })],
  ['LookFailed', new LookFailed('Throttling', 'Slow down\uE000.', true, { cause })],
])('%s has its name, its cause and a harmless message', (name, error) => {
  expect([error.name, error.message, error.cause]).toEqual([name, 'Slow down.', cause]);
});

it('a refusal names the instances that AWS named, and else none', () => {
  const refused = new NoEffect('InvalidInstanceId', 'No.', 'never', { badInstanceIds: ['i-1'] });
  expect([refused.code, refused.retry, refused.badInstanceIds]).toEqual([
    'InvalidInstanceId',
    'never',
    ['i-1'],
  ]);
  expect(new NoEffect('Throttling', 'No.', 'later').badInstanceIds).toEqual([]);
});

it('a failed look says whether asking again may help', () => {
  const denied = new LookFailed('AccessDenied', 'No.', false);
  expect([denied.code, denied.transient]).toEqual(['AccessDenied', false]);
});

it('images of ours carry a tag with this value: earlier ones are found by it', () => {
  expect(MANAGED_BY_PATCHDAY).toBe('patchday');
});

it('an instance is named by its account, its region and its id', () => {
  const { key, accountId, region, instanceId } = buildInstance(1);
  expect(targetKey(accountId, region, instanceId)).toBe(key);
});
