/** Every proof, in the order of the table. A new one is added here and nowhere else. */
import { proof as acks } from './acks.ts';
import { proof as approval } from './approval.ts';
import { proof as audit } from './audit.ts';
import { proof as crash } from './crash.ts';
import { proof as effects } from './effects.ts';
import { proof as faults } from './faults.ts';
import { proof as foreign } from './foreign.ts';
import { proof as hold } from './hold.ts';
import { proof as identity } from './identity.ts';
import { proof as injection } from './injection.ts';
import { proof as interleavings } from './interleavings/proof.ts';
import { proof as model } from './model/proof.ts';
import type { Proof } from './proof.ts';
import { proof as replay } from './replay.ts';
import { proof as secrets } from './secrets.ts';
import { proof as sim } from './sim/proof.ts';
import { proof as soak } from './soak/proof.ts';
import { proof as store } from './store/proof.ts';
import { proof as world } from './world/proof.ts';
import { proof as slackOutage } from './world/slack-hour.ts';
import { proof as throttled } from './world/throttled.ts';

export const PROOFS: readonly Proof[] = [
  crash,
  soak,
  effects,
  faults,
  sim,
  world,
  approval,
  model,
  interleavings,
  replay,
  hold,
  audit,
  injection,
  secrets,
  identity,
  foreign,
  slackOutage,
  acks,
  throttled,
  store,
];
