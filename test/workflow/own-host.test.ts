/** What becomes of a target when it turns out that Patchday itself runs on it, by what was to be done to it. */
import { describe, expect, it } from 'vitest';
import { ownHostEnds } from '../../src/workflow/own-host.ts';
import type { EffectKindName, Stage } from '../../src/workflow/run-types.ts';
import { buildEffect, buildTarget } from './build.ts';

const OWN = ['i-00000001'];
const ends = (kind: EffectKindName, stage: Stage, changes = {}) =>
  ownHostEnds({ kind }, [buildTarget(1, { stage, ...changes }), buildTarget(2, { stage })], [], OWN);

describe('the own host', () => {
  it.each([
    ['create_image', 'backing_up', 'skipped'],
    ['start', 'powering_on', 'skipped'],
    ['install', 'ready', 'skipped'],
    ['scan', 'verifying', 'verification_failed'],
    ['scan', 'queued', 'skipped'],
  ] as const)('that was to get a %s while %s ends as %s, and no other does', (kind, stage, outcome) => {
    expect(ends(kind, stage)).toMatchObject([
      {
        key: buildTarget(1).key,
        set: { stage: 'done', outcome, outcomeReason: expect.stringContaining('Patchday itself runs on it') },
      },
    ]);
  });

  it('that was started for patching is left on, and keeps its outcome', () => {
    const [end] = ends('stop', 'powering_off', { power: 'on', outcome: 'patched', nextStep: '' });
    expect(end?.set).toEqual({
      stage: 'done',
      nextStep: 'It was started for patching and left on, because Patchday itself runs on it now.',
    });
  });

  it('of which a command may have been sent before ends as unknown and stays locked', () => {
    const target = buildTarget(1, { stage: 'ready' });
    const asked = buildEffect('install', [target.key], { state: 'closed' });
    expect(ownHostEnds({ kind: 'install' }, [target], [asked], OWN)[0]?.set).toMatchObject({
      outcome: 'unknown',
      commandMayRun: true,
    });
  });

  it('may have its waiting command taken back', () => {
    expect(ends('cancel', 'patching')).toEqual([]);
  });
});
