/** The evidence of one run as files for an auditor, who can recompute the chain from them alone. */
import { reportCsv } from '../report/csv.ts';
import { reportHtml } from '../report/html.ts';
import { reportJson } from '../report/json.ts';
import { scrubStrings } from '../report/scrub-strings.ts';
import { type AuditAnchor, auditHead, hashedText, readAudit } from '../store/audit-chain.ts';
import type { SqliteStore } from '../store/sqlite-store.ts';
import { plainMentions } from '../workflow/mention.ts';
import type { RunView } from '../workflow/view.ts';
import { evidencePage } from './evidence-page.ts';

export interface EvidenceFile {
  name: string;
  /** Put one after the other as they are read: the chain of a large installation does not fit into one string. */
  parts: Iterable<string>;
}

/**
 * All files, secrets taken out. `found`: what `audit verify` says of the whole database, and what it was held
 * against. Rows that hold a secret are the only ones whose hash cannot be recomputed; they are named.
 */
export function evidenceOf(
  store: SqliteStore,
  seen: RunView,
  found: { wrong: readonly string[]; anchors: readonly AuditAnchor[]; anchorsMet: number },
  secrets: (text: string) => string,
): EvidenceFile[] {
  const { id } = seen.run;
  const scrubbedFiles: string[] = [];
  const json = (name: string, value: unknown): EvidenceFile => {
    const clean = scrubStrings(value, secrets);
    if (JSON.stringify(clean) !== JSON.stringify(value)) scrubbedFiles.push(name);
    return { name, parts: [JSON.stringify(clean, null, 2), '\n'] };
  };
  const clean = scrubStrings(seen, (text) => secrets(plainMentions(text)));
  const files = [
    json('plan.json', seen.plan),
    json('approvals.json', seen.approvals),
    json('effects.json', store.effectsOf(id)),
    { name: 'audit.jsonl', parts: auditLines(store.db, id, secrets) },
    { name: 'report.json', parts: [reportJson(clean), '\n'] },
    { name: 'report.csv', parts: [reportCsv(clean), '\n'] },
    { name: 'report.html', parts: [reportHtml(clean), '\n'] },
  ];
  const scrubbedRows: AuditAnchor[] = [];
  return [
    ...files,
    { name: 'chain.jsonl', parts: chainLines(store.db, secrets, (row) => scrubbedRows.push(row)) },
    {
      name: 'chain.json',
      // Made after the lines before it were written: only then is it known which rows were scrubbed.
      parts: later(() => ({
        whole: found.wrong.length === 0,
        wrong: found.wrong.map(secrets),
        head: auditHead(store.db),
        anchors: found.anchors,
        anchorsMet: found.anchorsMet,
        planHash: seen.run.planHash,
        scrubbedRows,
        scrubbedFiles,
      })),
    },
    { name: 'README.md', parts: [evidencePage(id)] },
  ];
}

function* later(value: () => unknown): Iterable<string> {
  yield `${JSON.stringify(value(), null, 2)}\n`;
}

/** The rows of the run, to read. */
function* auditLines(
  db: SqliteStore['db'],
  runId: string,
  secrets: (text: string) => string,
): Iterable<string> {
  for (const row of readAudit(db, runId))
    yield `${JSON.stringify(scrubStrings(row, (text) => secrets(plainMentions(text))))}\n`;
}

/** The rows of all runs, each byte for byte as it was hashed. */
function* chainLines(
  db: SqliteStore['db'],
  secrets: (text: string) => string,
  scrubbed: (row: AuditAnchor) => void,
): Iterable<string> {
  for (const row of readAudit(db)) {
    const hashed = hashedText(row);
    const line = hashedText(scrubStrings(row, secrets));
    if (line !== hashed) scrubbed({ seq: row.seq, hash: row.hash });
    yield `${line}\n`;
  }
}
