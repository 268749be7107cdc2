/**
 * Reading Block Kit, which arrives as JSON of unknown shape: each reader answers an empty value where the
 * field is missing or of another type, so that a renderer never trips over what a bot sent.
 */
export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function str(from: Json | undefined, key: string): string {
  const value = from?.[key];
  return typeof value === 'string' ? value : '';
}

export function num(from: Json | undefined, key: string): number | null {
  const value = from?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function flag(from: Json | undefined, key: string): boolean {
  return from?.[key] === true;
}

export function json(from: Json | undefined, key: string): Json | undefined {
  const value = from?.[key];
  return isJson(value) ? value : undefined;
}

/** The objects of an array field; anything else in the array is left out. */
export function jsons(from: Json | undefined, key: string): Json[] {
  const value = from?.[key];
  return Array.isArray(value) ? value.filter(isJson) : [];
}

export function strings(from: Json | undefined, key: string): string[] {
  const value = from?.[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
