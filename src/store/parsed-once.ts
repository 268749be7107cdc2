/** What was parsed once is not parsed again while its bytes are the same. */

/**
 * `parse`, remembered by the exact text that it was given. Nothing is believed that was not read: the row is
 * read from the file each time, and only a text equal in every byte to one that was parsed before gives the
 * value of that time. So whatever is derived from the text alone (its schema, a plan's hash) is as fresh as the
 * read. A text that does not parse is not remembered, and throws each time.
 *
 * Values are shared between callers and therefore frozen all the way down: who changes one gets a TypeError.
 * Two generations of at most `characters` each: what was not asked for in a whole one is forgotten.
 */
export function parsedOnce<T extends object>(
  parse: (text: string) => T,
  characters: number,
): (text: string) => T {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  let size = 0;
  return (text) => {
    const known = young.get(text);
    if (known) return known;
    const value = old.get(text) ?? frozen(parse(text));
    if (size + text.length > characters) {
      old = young;
      young = new Map();
      size = 0;
    }
    young.set(text, value);
    size += text.length;
    return value;
  };
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}
