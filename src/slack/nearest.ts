/** "Did you mean": the candidate with the fewest typing mistakes, or null when none is close. */
export function nearest(typed: string, candidates: readonly string[]): string | null {
  const wanted = typed.toLowerCase().slice(0, 64);
  if (wanted === '') return null;
  let best: { name: string; mistakes: number } | null = null;
  for (const name of candidates) {
    const candidate = name.toLowerCase();
    // Half-typed counts as close however much is missing.
    const mistakes = wanted.length >= 2 && candidate.startsWith(wanted) ? 0.5 : distance(wanted, candidate);
    if (mistakes <= Math.max(1, Math.floor(candidate.length / 3)) && (!best || mistakes < best.mistakes)) {
      best = { name, mistakes };
    }
  }
  return best?.name ?? null;
}

/** Levenshtein distance with swapped neighbours counting one (optimal string alignment). */
export function distance(a: string, b: string): number {
  const width = b.length + 1;
  const cells = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => cells[i * width + j] ?? 0;
  for (let i = 0; i <= a.length; i++) cells[i * width] = i;
  for (let j = 0; j <= b.length; j++) cells[j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let value = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, at(i - 2, j - 2) + 1);
      }
      cells[i * width + j] = value;
    }
  }
  return at(a.length, b.length);
}
