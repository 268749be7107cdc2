/** Mutants that no test notices, each with the reason: survivors.yaml. An entry that fits no survivor fails the command too. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

export interface Survivor {
  file: string;
  /** The line as it stands in the source, without its indentation. */
  line: string;
  /** What the mutant put in, white space as single blanks. */
  becomes: string;
  why: string;
}

const change = z.strictObject({ line: z.string().min(1), becomes: z.string() });
const reason = z.strictObject({ why: z.string().min(10), changes: z.array(change).min(1) });
const files = z.record(z.string(), z.array(reason).min(1));

export const SURVIVORS: readonly Survivor[] = Object.entries(
  files.parse(parse(readFileSync(new URL('survivors.yaml', import.meta.url), 'utf8'))),
).flatMap(([file, reasons]) =>
  reasons.flatMap(({ why, changes }) => changes.map((c) => ({ file, why, ...c }))),
);
