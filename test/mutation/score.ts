/** What came of the mutants of one file, held against what is explained. Pure but for reading the source. */
import { readFileSync } from 'node:fs';
import type { MutantResult } from '@stryker-mutator/api/core';
import type { Survivor } from './survivors.ts';

export interface Score {
  file: string;
  mutants: number;
  noticed: number;
  percent: number;
  explained: number;
  /** Survivors without an entry, as they would be written into survivors.yaml. */
  unexplained: string[];
  /** Entries of this file that no survivor fits. */
  stale: string[];
}

type Judged = Pick<MutantResult, 'status' | 'mutatorName' | 'replacement' | 'location'>;

/** `file` may carry a range of lines, as StrykerJS takes it: then entries for other lines are left alone. */
export function judge(
  file: string,
  results: readonly Judged[],
  entries: readonly Survivor[],
  source?: string,
): Score {
  const path = file.replace(/:.*$/, '');
  const lines = (source ?? readFileSync(path, 'utf8')).split('\n');
  const counted = results.filter((r) => ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(r.status));
  const alive = counted.filter((r) => r.status === 'Survived' || r.status === 'NoCoverage');
  const unused = entries.filter((e) => e.file === path);
  const unexplained: string[] = [];
  for (const mutant of counted) {
    if (mutant.status === 'Killed') continue;
    const line = (lines[mutant.location.start.line - 1] ?? '').trim();
    const becomes = (mutant.replacement ?? '').replace(/\s+/g, ' ');
    const at = unused.findIndex((e) => e.line === line && e.becomes === becomes);
    if (at >= 0) unused.splice(at, 1);
    // That a busy machine took too long does not put an explanation out of date, nor does it need one.
    else if (mutant.status !== 'Timeout')
      unexplained.push(
        `unexplained, ${mutant.status}, ${mutant.location.start.line}:${mutant.location.start.column} ${mutant.mutatorName}: ${JSON.stringify({ line, becomes })}`,
      );
  }
  const noticed = counted.length - alive.length;
  return {
    file,
    mutants: counted.length,
    noticed,
    percent: counted.length === 0 ? 0 : (100 * noticed) / counted.length,
    explained: alive.length - unexplained.length,
    unexplained,
    stale: file === path ? unused.map((e) => `out of date, no survivor: ${JSON.stringify(e)}`) : [],
  };
}
