import { isObject } from '../json.ts';

/** How many characters of text the blocks hold together, as far as a reader sees them. */
export function textLength(node: unknown): number {
  if (Array.isArray(node)) return node.reduce<number>((sum, one) => sum + textLength(one), 0);
  if (!isObject(node)) return 0;
  return Object.entries(node).reduce((sum, [key, value]) => {
    if (typeof value === 'string')
      return sum + (/^(text|title|caption|alt_text)$/.test(key) ? value.length : 0);
    return sum + textLength(value);
  }, 0);
}
