/** Plain words for what AWS answered, for people who know their servers and not the SDK. */
import type { Place } from '../workflow/ports.ts';

export function where(place: Place): string {
  return `${place.landingZone} (account ${place.accountId}, ${place.region})`;
}

/** AWS's own sentence, cut: it ends up in Slack and in logs. */
export function awsSays(message: string): string {
  const flat = message.replace(/\s+/g, ' ').trim();
  return flat.length > 300 ? `${flat.slice(0, 299)}…` : flat;
}
