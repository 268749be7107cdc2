import type { EffectKindName } from '../run-types.ts';
import { cancelCommand } from './cancel.ts';
import { createImage } from './create-image.ts';
import { install } from './install.ts';
import type { EffectKind } from './kind.ts';
import { startInstances, stopInstances } from './power.ts';
import { scan } from './scan.ts';

/** Every mutating call that Patchday can make; there is no other. */
export const EFFECT_KINDS: Readonly<Record<EffectKindName, EffectKind>> = {
  create_image: createImage,
  start: startInstances,
  install,
  scan,
  stop: stopInstances,
  cancel: cancelCommand,
};
