/** What holds of every mutating call, whatever it does; what each does is told in the stories. */
import { describe, expect, it } from 'vitest';
import {
  blindForLong,
  type EffectContext,
  firstOf,
  requestOf,
  targetsOf,
} from '../../src/workflow/effects/kind.ts';
import { EFFECT_KINDS } from '../../src/workflow/effects/kinds.ts';
import type { EffectKindName } from '../../src/workflow/run-types.ts';
import { buildEffect, buildState, buildTarget, keyOf, SETTINGS } from './build.ts';

describe('a mutating call', () => {
  // The patch command alone is never sent again without a person's word; its calls share the pace of SendCommand.
  it.each([
    ['create_image', true, 'create_image'],
    ['start', true, 'start'],
    ['install', false, 'send_command'],
    ['scan', true, 'send_command'],
    ['stop', true, 'stop'],
    ['cancel', true, 'send_command'],
  ] as [EffectKindName, boolean, string][])(
    '%s may be repeated: %s, paced as %s',
    (kind, repeatable, family) => {
      expect(EFFECT_KINDS[kind]).toMatchObject({ repeatable, family });
    },
  );

  it('has its targets in its order, as far as they are loaded', () => {
    const context = { state: buildState([buildTarget(1), buildTarget(2)]) } as unknown as EffectContext;
    const effect = buildEffect('install', [keyOf(2), keyOf(7), keyOf(1)]);
    expect(targetsOf(context, effect).map((t) => t.key)).toEqual([keyOf(2), keyOf(1)]);
  });

  it('is given up when it could not be looked at for as long as a verification may take', () => {
    const timing = { ...SETTINGS.timing, pollCommands: 60, verifyTimeout: 300 };
    const context = { settings: { ...SETTINGS, timing } } as unknown as EffectContext;
    const blind = (failures: number) => blindForLong(context, buildEffect('scan', [], { failures }));
    expect([blind(3), blind(4), blind(5)]).toEqual([false, true, true]);
  });

  it('takes only a request of its own kind', () => {
    const effect = buildEffect('start', []);
    expect(requestOf(effect, 'stop', 'start')).toBe(effect.request);
    expect(() => requestOf(effect, 'cancel')).toThrow('a request to start where one to cancel was promised');
    expect(() => requestOf(effect, 'install', 'scan')).toThrow(
      'a request to start where one to install or scan was promised',
    );
  });

  it('is looked at with others of its place, and never without any', () => {
    expect(firstOf([1, 2])).toBe(1);
    expect(() => firstOf([])).toThrow('an empty list where one item was promised');
  });

  it.each(['start', 'stop', 'cancel'] as const)(
    '%s needs not be found: it may simply be made again',
    async (kind) => {
      expect(await EFFECT_KINDS[kind].find({} as EffectContext, buildEffect(kind, []))).toBe('absent');
    },
  );

  it('to cancel is settled by its answer, and by a look at the latest', async () => {
    const effect = buildEffect('cancel', []);
    const changes = { effects: [{ id: effect.id, from: 'begun', state: 'settled', note: '' }] };
    expect(await EFFECT_KINDS.cancel.look({} as EffectContext, [effect])).toEqual([{ effect, changes }]);
  });
});
