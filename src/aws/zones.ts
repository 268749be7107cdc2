/** Landing zones and their places. */
import { LookFailed, type Place } from '../workflow/ports.ts';
import type { ZoneAccess } from './options.ts';

/** Every region of a landing zone. Throws LookFailed for a name that is not configured. */
export function placesOf(
  zones: readonly ZoneAccess[],
  landingZone: string,
  runId: string,
): { zone: ZoneAccess; places: Place[] } {
  const zone = zones.find((one) => one.name === landingZone);
  if (!zone) {
    throw new LookFailed(
      'UnknownLandingZone',
      `Landing zone ${landingZone} is not in the configuration. Known: ${zones.map((one) => one.name).join(', ') || 'none'}.`,
      false,
    );
  }
  const places = zone.regions.map((region) => ({ landingZone, accountId: zone.accountId, region, runId }));
  return { zone, places };
}
