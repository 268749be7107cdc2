/** The audit's head, written to a file beside the reports at every start, at intervals and at the end of each run. */
import { appendFileSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type AuditAnchor, parseAnchor } from './audit-chain.ts';

/** In the folder of the reports. */
export const ANCHOR_FILE = 'audit-anchors.txt';

/** Appends one line, `<ISO time> <seq>:<hash>`, and brings it to disk. The same head twice is written once. */
export function appendAnchor(path: string, anchor: AuditAnchor, now: number): void {
  if (anchor.seq === 0 || readAnchors(path).at(-1)?.hash === anchor.hash) return;
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a', 0o640);
  try {
    appendFileSync(file, `${new Date(now).toISOString()} ${anchor.seq}:${anchor.hash}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** All anchors of a file; none when there is no file. Lines that are not anchors are passed over. */
export function readAnchors(path: string): AuditAnchor[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => parseAnchor(line) ?? []);
}
