/** The one table of `npm run prove`. */
import type { ProofResult } from './proof.ts';

export interface Row extends ProofResult {
  proof: string;
  bar: string;
  passed: boolean;
  seconds: number;
}

export function table(rows: readonly Row[]): string {
  const head = ['proof', 'cases', 'faults fired', 'violations', 'seconds', 'bar'];
  const lines = rows.map((r) => [
    r.proof,
    String(r.cases),
    r.faultsFired === null ? '-' : String(r.faultsFired),
    String(r.violations.length),
    r.seconds.toFixed(1),
    `${r.passed ? 'held' : 'MISSED'}: ${r.bar}`,
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
  const figures = rows.flatMap((r) =>
    Object.entries(r.figures ?? {}).map(([name, value]) => `  ${r.proof}: ${name} ${value}`),
  );
  return ['', line(head), ...lines.map(line), ...(figures.length > 0 ? ['', ...figures] : []), ''].join('\n');
}
