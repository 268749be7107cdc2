/**
 * The same plain data with every string value passed through `scrub`. Secrets are taken out before a
 * report is made of the data, not after: a pattern that removes "everything up to the end" must not reach
 * beyond the one string and break the file.
 */
export function scrubStrings<T>(value: T, scrub: (text: string) => string): T {
  // The shape stays as it was; only the contents of strings change.
  return walk(value, scrub) as T;
}

function walk(value: unknown, scrub: (text: string) => string): unknown {
  if (typeof value === 'string') return scrub(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, scrub));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, scrub)]));
}
