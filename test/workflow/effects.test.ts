/** What holds of every mutating call, whatever it does; what each does is told in the stories. */
import { describe, expect, it } from 'vitest';
import { requestOf } from '../../src/workflow/effects/kind.ts';
import { EFFECT_KINDS } from '../../src/workflow/effects/kinds.ts';
import type { EffectKindName } from '../../src/workflow/run-types.ts';
import { buildEffect } from './build.ts';

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

  it('takes only a request of its own kind', () => {
    const effect = buildEffect('start', []);
    expect(requestOf(effect, 'stop', 'start')).toBe(effect.request);
    expect(() => requestOf(effect, 'cancel')).toThrow('a request to start where one to cancel was promised');
    expect(() => requestOf(effect, 'install', 'scan')).toThrow(
      'a request to start where one to install or scan was promised',
    );
  });
});
