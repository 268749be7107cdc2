import type { FleetDefinition } from './fleet.ts';
import { smallFleet } from './small-fleet.ts';

/** The fleet of the demo. */
export function defaultFleet(_seed: number): FleetDefinition {
  return smallFleet({ linux: 4, windows: 2 });
}
