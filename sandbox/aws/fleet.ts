/** What other parts of the sandbox and the tests need of fleets, in one place. */
export { defaultFleet } from './fleet/default-fleet.ts';
export { HOSTILE_NAME } from './fleet/default-servers.ts';
export type * from './fleet/fleet.ts';
export { DEFAULT_ACCESS_KEY, DEFAULT_HUB, STANDARD_ROLES } from './fleet/fleet.ts';
export { FAST, plainInstance, type SmallFleetOptions, smallFleet } from './fleet/small-fleet.ts';
