import { createHash } from 'node:crypto';
import type { Plan } from './plan-types.ts';

/**
 * Canonical JSON: keys sorted, no white space. Throws on what JSON cannot say without loss (undefined, NaN,
 * functions, …), so that two different plans can never collide by being written the same.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`not a finite number: ${value}`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${Array.from(value, (item) => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    // Two keys of one object are never the same.
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
  }
  throw new TypeError(`cannot be written as canonical JSON: ${typeof value}`);
}

/** SHA-256 over the canonical JSON of the plan, lower-case hex. Every leaf of the plan changes it. */
export function hashPlan(plan: Plan): string {
  return createHash('sha256').update(canonicalJson(plan)).digest('hex');
}

/** What people compare: the first 8 characters. Never used to decide. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}
