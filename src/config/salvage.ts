/** What is right in a configuration that has mistakes, field by field, for the cross-checks. */
import type { z } from 'zod';
import { camelKeys } from './fields.ts';
import { type Config, configShape, type Environment, type LandingZone } from './schema.ts';
import { environmentShape } from './schema-environment.ts';
import { landingZoneShape, NAME } from './schema-landing-zone.ts';

/** A configuration of which any part may be missing because it is wrong. */
export interface Lintable {
  timing?: Config['timing'] | undefined;
  /** Every well-formed name that was written down, also of environments with mistakes. */
  environments: Readonly<Record<string, Partial<Environment>>>;
  /** In the order of the file; wrong entries are empty. */
  landingZones: readonly Partial<LandingZone>[];
}

/** Never throws, whatever `value` is. */
export function salvage(value: unknown): Lintable {
  const top = isObject(value) ? value : {};
  const environments = isObject(top['environments']) ? top['environments'] : {};
  const zones = Array.isArray(top['landing_zones']) ? top['landing_zones'] : [];
  const timing = configShape.timing.safeParse(top['timing'] ?? {});
  return {
    timing: timing.success ? timing.data : undefined,
    environments: Object.fromEntries(
      Object.entries(environments)
        .filter(([name]) => NAME.test(name))
        .map(([name, raw]) => [name, { name, ...(fieldsOf(environmentShape, raw) as Partial<Environment>) }]),
    ),
    landingZones: zones.map((raw: unknown) => fieldsOf(landingZoneShape, raw) as Partial<LandingZone>),
  };
}

function fieldsOf(shape: Readonly<Record<string, z.ZodType>>, raw: unknown): object {
  if (!isObject(raw)) return {};
  const good: [string, unknown][] = [];
  for (const [key, schema] of Object.entries(shape)) {
    const parsed = schema.safeParse(Object.hasOwn(raw, key) ? raw[key] : undefined);
    if (parsed.success) good.push([key, parsed.data]);
  }
  return camelKeys(Object.fromEntries(good));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
