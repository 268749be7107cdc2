/** Every planted defect. A new file of them is added here and nowhere else. */
import type { Defect } from './defect.ts';
import { ACKS_DEFECTS } from './defects/acks.ts';
import { APPROVAL_DEFECTS } from './defects/approval.ts';
import { AUDIT_DEFECTS } from './defects/audit.ts';
import { AUDIT_TABLES_DEFECTS } from './defects/audit-tables.ts';
import { EFFECTS_DEFECTS } from './defects/effects.ts';
import { FOREIGN_DEFECTS } from './defects/foreign.ts';
import { HOLD_DEFECTS } from './defects/hold.ts';
import { INTERLEAVINGS_DEFECTS } from './defects/interleavings.ts';
import { MODEL_DEFECTS } from './defects/model.ts';
import { OUTPUT_DEFECTS } from './defects/output.ts';
import { OWN_HOST_DEFECTS } from './defects/own-host.ts';
import { REPLAY_DEFECTS } from './defects/replay.ts';
import { RESTART_DEFECTS } from './defects/restart.ts';
import { SECURITY_DEFECTS } from './defects/security.ts';
import { STAND_IN_DEFECTS } from './defects/stand-in.ts';
import { STORE_DEFECTS } from './defects/store.ts';
import { THREAD_DEFECTS } from './defects/thread.ts';
import { THROTTLED_DEFECTS } from './defects/throttled.ts';
import { WORLD_DEFECTS } from './defects/world.ts';

export const DEFECTS: readonly Defect[] = [
  ...EFFECTS_DEFECTS,
  ...APPROVAL_DEFECTS,
  ...HOLD_DEFECTS,
  ...AUDIT_DEFECTS,
  ...AUDIT_TABLES_DEFECTS,
  ...OUTPUT_DEFECTS,
  ...RESTART_DEFECTS,
  ...STORE_DEFECTS,
  ...STAND_IN_DEFECTS,
  ...REPLAY_DEFECTS,
  ...OWN_HOST_DEFECTS,
  ...FOREIGN_DEFECTS,
  ...MODEL_DEFECTS,
  ...INTERLEAVINGS_DEFECTS,
  ...WORLD_DEFECTS,
  ...SECURITY_DEFECTS,
  ...THREAD_DEFECTS,
  ...ACKS_DEFECTS,
  ...THROTTLED_DEFECTS,
];
