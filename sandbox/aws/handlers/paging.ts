import { createHash } from 'node:crypto';
import type { ApiError } from '../wire/api-error.ts';

export interface PageRequest {
  maxResults: number | undefined;
  nextToken: string | undefined;
}

export interface PageRules {
  /** Without MaxResults. */
  defaultSize: number;
  smallest: number;
  largest: number;
  /** How the service says that MaxResults is out of range. */
  outOfRange: (value: number) => ApiError;
  invalidToken: () => ApiError;
}

export interface Page<T> {
  items: T[];
  nextToken: string | undefined;
}

/**
 * Cuts a page out of a list. The token holds the key of the last item and a digest of the query, so that a
 * list that changes in between is continued where it was, and a token of another query is refused.
 */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  query: unknown,
  request: PageRequest,
  rules: PageRules,
): Page<T> {
  const { maxResults, nextToken } = request;
  if (maxResults !== undefined && (maxResults < rules.smallest || maxResults > rules.largest)) {
    throw rules.outOfRange(maxResults);
  }
  const size = maxResults ?? rules.defaultSize;
  const digest = createHash('sha256').update(JSON.stringify(query)).digest('hex').slice(0, 12);
  let start = 0;
  if (nextToken !== undefined && nextToken !== '') {
    const last = readToken(nextToken, digest);
    if (last === null) throw rules.invalidToken();
    start = all.findIndex((item) => keyOf(item) === last.key) + 1;
    if (start === 0) start = Math.min(last.position, all.length);
  }
  const items = all.slice(start, start + size);
  const lastItem = items.at(-1);
  const isMore = start + size < all.length && lastItem !== undefined;
  return { items, nextToken: isMore ? writeToken(digest, keyOf(lastItem), start + size) : undefined };
}

function writeToken(digest: string, key: string, position: number): string {
  return Buffer.from(JSON.stringify([digest, key, position])).toString('base64url');
}

function readToken(token: string, digest: string): { key: string; position: number } | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (!Array.isArray(parsed)) return null;
    const [of, key, position]: unknown[] = parsed;
    if (of !== digest || typeof key !== 'string' || typeof position !== 'number') return null;
    return { key, position };
  } catch {
    return null;
  }
}

/** Whether a value matches one of an EC2 filter's values, which may hold `*` and `?`. */
export function matchesAny(value: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    if (!/[*?]/.test(pattern)) return pattern === value;
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${source}$`, 's').test(value);
  });
}
