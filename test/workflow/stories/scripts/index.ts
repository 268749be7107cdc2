import { APPROVAL } from './approval.ts';
import { AT_ONCE } from './at-once.ts';
import { BACKUP } from './backup.ts';
import { CONTROL } from './control.ts';
import { DENIED } from './denied.ts';
import { DISCOVERY } from './discovery.ts';
import { DOUBT } from './doubt.ts';
import { PATCHING } from './patching.ts';
import { POWER } from './power.ts';
import { REFUSED } from './refused.ts';
import { RESTORE } from './restore.ts';
import type { Story } from './story.ts';

export const STORIES: readonly Story[] = [
  ...DISCOVERY,
  ...APPROVAL,
  ...BACKUP,
  ...PATCHING,
  ...DOUBT,
  ...POWER,
  ...CONTROL,
  ...AT_ONCE,
  ...DENIED,
  ...REFUSED,
  ...RESTORE,
];
