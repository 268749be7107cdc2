import { createHash } from 'node:crypto';

/**
 * Seeded randomness without order: every value is a hash of the seed and a key that names what it is for
 * ("install:i-0abc"), so that it does not matter in which order requests arrive.
 */
export interface SeededRandom {
  /** At least 0 and below 1. */
  fraction(key: string): number;
  /** A whole number from `low` to `high`, both included. */
  between(key: string, low: number, high: number): number;
  pick<T>(key: string, from: readonly [T, ...T[]]): T;
  /** Lower-case hexadecimal digits. */
  hex(key: string, digits: number): string;
  uuid(key: string): string;
}

export function seededRandom(seed: number): SeededRandom {
  const hash = (key: string) => createHash('sha256').update(`${seed}\n${key}`).digest();
  const fraction = (key: string) => hash(key).readUInt32BE(0) / 2 ** 32;
  const hex = (key: string, digits: number) => hash(key).toString('hex').slice(0, digits);
  return {
    fraction,
    hex,
    between: (key, low, high) => low + Math.floor(fraction(key) * (high - low + 1)),
    pick: (key, from) => from[Math.floor(fraction(key) * from.length)] ?? from[0],
    uuid(key) {
      const h = hex(key, 32);
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
    },
  };
}
