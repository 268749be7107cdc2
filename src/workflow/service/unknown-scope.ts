import type { Settings } from '../settings.ts';
import { distance } from '../tasks/discover.ts';

/** What to answer to a name of a scope that does not exist, with the nearest name that does. */
export function unknownScope(settings: Settings, name: string, consequence: string): string {
  const known = [...settings.environments.map((e) => e.name), ...settings.zones.map((z) => z.name)];
  const near = known.map((k) => ({ k, far: distance(k, name.toLowerCase()) })).sort((a, b) => a.far - b.far);
  const best =
    near[0] && near[0].far <= Math.max(2, Math.floor(name.length / 2)) ? ` Did you mean ${near[0].k}?` : '';
  return `There is no environment or landing zone called ${name}.${best} Known are ${known.join(', ')}. ${consequence}`;
}
