import { editDistance } from '../config/nearest.ts';

/** "Did you mean": the candidate with the fewest typing mistakes, or null when none is close. Half-typed counts as close. */
export function nearest(typed: string, candidates: readonly string[]): string | null {
  const wanted = typed.toLowerCase().slice(0, 64);
  if (wanted === '') return null;
  let best: { name: string; mistakes: number } | null = null;
  for (const name of candidates) {
    const candidate = name.toLowerCase();
    const begun = wanted.length >= 2 && candidate.startsWith(wanted);
    const mistakes = begun ? 0.5 : editDistance(wanted, candidate);
    if (mistakes <= Math.max(1, Math.floor(candidate.length / 3)) && (!best || mistakes < best.mistakes)) {
      best = { name, mistakes };
    }
  }
  return best?.name ?? null;
}
