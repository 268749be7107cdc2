/** The units of the configuration: lengths of time ("2h10m"), and shares ("25%" or a number). */

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

/** Also published in the JSON Schema, so that an editor marks what the loader refuses. */
export const DURATION_PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d) ?)+$/;
export const SHARE_PATTERN = /^\d{1,3}%$/;

/**
 * Milliseconds of a length such as `500ms`, `30s`, `90m`, `2h10m` or `7d`; null when it is not one. Units
 * go from large to small, each once: "5m5m" is a slip of the pen, not ten minutes.
 */
export function parseDuration(text: string): number | null {
  if (text.length > 40 || !DURATION_PATTERN.test(text.trim())) return null;
  let total = 0;
  let previous = Number.POSITIVE_INFINITY;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    const size = UNIT_MS[unit as Unit];
    if (size >= previous) return null;
    previous = size;
    total += Number(amount) * size;
  }
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : null;
}

/** The shortest way to write a length: 7800000 → "2h10m". 0 → "0s". */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / UNIT_MS[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * UNIT_MS[unit];
  }
  return text === '' ? '0s' : text;
}

/** A number of instances, or a percentage of the instances in a run. */
export type Share = number | { percent: number };

/** `12`, `"12"` or `"25%"`; null when it is neither. Whole numbers only. */
export function parseShare(value: string | number): Share | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (/^\d{1,6}$/.test(value)) return Number(value);
  if (!SHARE_PATTERN.test(value)) return null;
  const percent = Number(value.slice(0, -1));
  return percent <= 100 ? { percent } : null;
}
