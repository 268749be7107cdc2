/** The one table of `npm run prove`. */
import type { ProofResult } from './proof.ts';

export interface Row extends ProofResult {
  proof: string;
  bar: string;
  /** Nothing was violated. Then what is in `leftOut` was not looked at. */
  passed: boolean;
  seconds: number;
}

/** 'PARTLY': nothing was violated as far as it went, and the time was up before all of it was done. */
export function verdictOf(row: Pick<Row, 'passed' | 'leftOut'>): 'held' | 'PARTLY' | 'MISSED' {
  if (!row.passed) return 'MISSED';
  return (row.leftOut ?? []).length > 0 ? 'PARTLY' : 'held';
}

/**
 * 0 when every bar held, else 1. A proof that was only done in part is a failure too, unless a person said with
 * `--seconds` how long it may take: then they asked for as much as fits into that.
 */
export function exitCodeOf(rows: readonly Row[], secondsWereGiven: boolean): 0 | 1 {
  const good = rows.every((row) => {
    const verdict = verdictOf(row);
    return verdict === 'held' || (verdict === 'PARTLY' && secondsWereGiven);
  });
  return good ? 0 : 1;
}

/** The last line. */
export function summary(rows: readonly Row[]): string {
  const count = (verdict: ReturnType<typeof verdictOf>) =>
    rows.filter((r) => verdictOf(r) === verdict).length;
  const partly = count('PARTLY');
  return `prove: ${count('held')} passed, ${partly > 0 ? `${partly} only partly done, ` : ''}${count('MISSED')} failed`;
}

export function table(rows: readonly Row[]): string {
  const head = ['proof', 'cases', 'faults fired', 'violations', 'seconds', 'bar'];
  const lines = rows.map((r) => [
    r.proof,
    String(r.cases),
    r.faultsFired === null ? '-' : String(r.faultsFired),
    String(r.violations.length),
    r.seconds.toFixed(1),
    `${verdictOf(r)}: ${r.bar}`,
  ]);
  const widths = head.map((h, i) => Math.max(h.length, ...lines.map((l) => l[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((c, i) => {
        const width = widths[i] ?? 0;
        if (i === cells.length - 1) return c;
        return i === 0 ? c.padEnd(width) : c.padStart(width);
      })
      .join('  ');
  const leftOut = rows.flatMap((r) =>
    (r.leftOut ?? []).map((what) => `  ${r.proof}: the time was up, so this was left out: ${what}`),
  );
  const figures = rows.flatMap((r) =>
    Object.entries(r.figures ?? {}).map(([name, value]) => `  ${r.proof}: ${name} ${value}`),
  );
  const parts = [[line(head), ...lines.map(line)], leftOut, figures].filter((part) => part.length > 0);
  return parts.map((part) => `\n${part.join('\n')}\n`).join('');
}
