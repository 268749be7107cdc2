/** What becomes of an effect of which nobody knows whether it was begun. */
import { describe, expect, it } from 'vitest';
import type { Changes } from '../../src/workflow/changes.ts';
import type { EffectContext } from '../../src/workflow/effects/kind.ts';
import { LookFailed } from '../../src/workflow/ports.ts';
import { resolve } from '../../src/workflow/resolve.ts';
import type { Effect, EffectKindName } from '../../src/workflow/run-types.ts';
import type { Outside } from '../../src/workflow/tasks/context.ts';
import { buildEffect, buildState, keyOf, NOW, SETTINGS } from './build.ts';

const { effectGrace, pollCommands } = SETTINGS.timing;
const SLOW = new LookFailed('Throttling', 'Slow down.', true);
type Answer = 'absent' | 'unsure' | { found: { commandId: string } } | Error;

async function resolved(
  kind: EffectKindName,
  answer: Answer,
  { after = 0, ...changes }: Partial<Effect> & { after?: number } = {},
) {
  const effect = buildEffect(kind, [keyOf(1)], { state: 'intended', intendedAt: NOW, ...changes });
  const written: Changes[] = [];
  const now = NOW + after;
  const outside = {
    settings: SETTINGS,
    clock: { now: () => now },
    store: {
      async commit(_: string, change: Changes) {
        written.push(change);
        return { ok: true, value: undefined };
      },
    },
  } as unknown as Outside;
  const context = {
    settings: SETTINGS,
    state: buildState([]),
    now: NOW,
    aws: {
      commands: {
        async find() {
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
    },
  } as unknown as EffectContext;
  const done = await resolve(outside, context, effect);
  expect(written).toHaveLength(1);
  const [change] = written;
  return {
    done,
    change,
    effect: change?.effects?.[0],
    audit: change?.audit?.map((a) => `${a.action}: ${a.text}`),
  };
}

it('what is found at AWS is adopted, and followed from there', async () => {
  const { done, effect, audit, change } = await resolved(
    'install',
    { found: { commandId: 'c-7' } },
    { after: 5 },
  );
  expect(done).toEqual({ again: 'now' });
  expect(effect).toMatchObject({ state: 'begun', ref: { commandId: 'c-7' }, lookAt: NOW + 5 + pollCommands });
  expect(audit).toEqual([
    'command.sent.install: Command c-7 went to 1 instance.',
    'effect.adopted: Found at AWS what was begun before; it is followed from here.',
  ]);
  expect(change?.audit?.[1]?.detail).toMatchObject({ tag: expect.stringContaining('install') });
});

describe('what is not found', () => {
  it.each(['install', 'scan'] as const)('is looked for until the grace is over: %s', async (kind) => {
    const { done, effect } = await resolved(kind, 'absent', { after: effectGrace - 1 });
    expect(done).toEqual({ again: pollCommands });
    expect(effect).toMatchObject({
      from: 'intended',
      state: 'intended',
      lookAt: NOW + effectGrace - 1 + pollCommands,
    });
    expect((await resolved(kind, 'absent', { after: effectGrace })).done).toEqual({ again: 'now' });
  });

  it('and can be repeated without harm may be done again', async () => {
    const { effect, audit } = await resolved('scan', 'absent', { after: effectGrace });
    expect(effect).toMatchObject({
      from: 'intended',
      state: 'no_effect',
      note: 'It was looked for and not found.',
    });
    expect(audit).toEqual(['effect.absent: It was looked for and not found. It may be done again.']);
  });

  it('and is a patch command becomes a question', async () => {
    const { effect, audit, change } = await resolved('install', 'absent', { after: effectGrace });
    const note = 'The patch command to 1 instance in shop-prod (eu-west-1) may or may not have been sent.';
    expect(effect).toMatchObject({
      from: 'intended',
      state: 'needs_attention',
      note,
      lookAt: NOW + 2 * effectGrace,
    });
    expect(audit).toEqual([`effect.needs_attention: ${note}`]);
    expect(change?.news?.[0]?.text).toMatch(
      /may or may not have been sent\. It was looked for and not found, which proves nothing\. Look in Systems Manager, Run Command, for the comment "patchday k7m2qp install \d+" before answering\.$/,
    );
  });
});

describe('what may be one of several', () => {
  it('is a question when it is a patch command', async () => {
    const { change } = await resolved('install', 'unsure', { after: effectGrace });
    expect(change?.news?.[0]?.text).toContain('Several commands carry its comment.');
  });

  it('is looked at again when it is a scan', async () => {
    const { done, effect } = await resolved('scan', 'unsure', { after: effectGrace });
    expect(done).toEqual({ again: pollCommands });
    expect(effect).toMatchObject({ state: 'intended' });
  });
});

describe('an open question', () => {
  const OPEN = { state: 'needs_attention' as const, after: 9 * effectGrace, note: 'its words' };
  const pause = Math.max(pollCommands, effectGrace);

  it('stays one while nothing is found, and goes when something is', async () => {
    const { done, effect } = await resolved('install', 'absent', OPEN);
    expect(done).toEqual({ again: pause });
    expect(effect).toEqual({
      id: effect?.id,
      from: 'needs_attention',
      state: 'needs_attention',
      lookAt: NOW + OPEN.after + pause,
    });
    const found = await resolved('install', { found: { commandId: 'c-7' } }, OPEN);
    expect(found.effect).toMatchObject({ from: 'needs_attention', state: 'begun' });
  });

  it('keeps its words while AWS does not answer', async () => {
    const { done, effect } = await resolved('install', SLOW, { ...OPEN, failures: 1e9 });
    expect(done).toEqual({ again: pause, why: 'Slow down.' });
    expect(effect).toMatchObject({
      state: 'needs_attention',
      failures: 1e9 + 1,
      lookAt: NOW + OPEN.after + pause,
    });
    expect(effect).not.toHaveProperty('note');
  });
});

describe('what cannot be looked for', () => {
  it('is tried again, with its reason and its failures', async () => {
    const { done, effect } = await resolved('install', SLOW, { failures: 2 });
    expect(done).toEqual({ again: pollCommands, why: 'Slow down.' });
    expect(effect).toMatchObject({
      state: 'intended',
      note: 'Slow down.',
      failures: 3,
      lookAt: NOW + pollCommands,
    });
  });

  it('for too long, and past its grace, is answered like what is not found', async () => {
    const often = { failures: 1e9 };
    expect((await resolved('install', SLOW, { ...often, after: effectGrace - 1 })).effect).toMatchObject({
      state: 'intended',
    });
    expect((await resolved('install', SLOW, { after: effectGrace })).effect).toMatchObject({
      state: 'intended',
    });
    const asked = await resolved('install', SLOW, { ...often, after: effectGrace });
    expect(asked.done).toEqual({ again: 'now' });
    expect(asked.effect).toMatchObject({ state: 'needs_attention', lookAt: NOW + 2 * effectGrace });
    expect(asked.change?.news?.[0]?.text).toContain('sent. Slow down. Look in');
    const again = await resolved('scan', SLOW, { ...often, after: effectGrace });
    expect(again.effect).toMatchObject({ state: 'no_effect', note: 'Slow down.' });
  });

  it('because of a defect of ours is not taken for silence', async () => {
    await expect(resolved('install', new TypeError('a defect'))).rejects.toThrow('a defect');
  });
});
