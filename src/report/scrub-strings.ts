/**
 * The same plain data with every string passed through `scrub`, the keys too: those of tags are foreign text.
 * Secrets are taken out before a report is made of the data, not after: a pattern that removes "everything up to
 * the end" must not reach beyond the one string and break the file.
 */
export function scrubStrings<T>(value: T, scrub: (text: string) => string): T {
  const keys = new Map<string, string>();
  const scrubKey = (key: string): string => {
    const known = keys.get(key);
    if (known !== undefined) return known;
    const clean = scrub(key);
    keys.set(key, clean);
    return clean;
  };
  // The shape stays as it was; only the contents of strings change.
  return walk(value, scrub, scrubKey) as T;
}

type Scrub = (text: string) => string;

function walk(value: unknown, scrub: Scrub, scrubKey: Scrub): unknown {
  if (typeof value === 'string') return scrub(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, scrub, scrubKey));
  if (value === null || typeof value !== 'object') return value;
  const entries = new Map<string, unknown>();
  for (const [key, item] of Object.entries(value)) {
    const clean = scrubKey(key);
    // Two keys of which nothing but the secret differed: neither hides the other.
    let name = clean;
    for (let nth = 2; entries.has(name); nth += 1) name = `${clean} (${nth})`;
    entries.set(name, walk(item, scrub, scrubKey));
  }
  return Object.fromEntries(entries);
}
