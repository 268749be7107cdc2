/** One thing that `patchday doctor` looked at. */
export interface Finding {
  /** Short and stable, e.g. "aws payments-prod eu-west-1 read role". */
  name: string;
  /** unknown: it cannot be checked without changing something; the text says how it will show. */
  status: 'ok' | 'warning' | 'missing' | 'unknown';
  /** What was found and, where something is wrong, what to do. */
  text: string;
}
