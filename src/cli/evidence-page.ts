/** The page that goes with the evidence of a run: what is in the folder, and how to check it without Patchday. */
export function evidencePage(runId: string): string {
  return `# Evidence of run ${runId}

| File | What it holds |
| --- | --- |
| plan.json | the plan as it was stored last |
| approvals.json | who approved which plan, by its hash |
| effects.json | every change at AWS: what was asked for, and what came of it |
| audit.jsonl | the rows of the audit about this run, to read |
| report.json, report.csv, report.html | the report |
| chain.jsonl | every row of the audit, of all runs, one a line, each line exactly as it was hashed |
| chain.json | what Patchday found when it wrote this folder, the head of the chain, and the anchors that it knew |

Why all rows: the runs of an installation share one chain, and a hash covers the content of its row. With the rows of others left out, nothing after them could be recomputed. They say who did what in other runs: give this folder only to people who may know that.

## How to check it

Take an anchor yourself from the thread of this run in Slack: the message in small print that begins with "🔏 Audit head". The anchors in chain.json come from the machine that is to be checked, and so does this page.

The rule: the SHA-256 of a line of chain.jsonl (without its line break) is the hash of that row, and stands as "prevHash" in the next line. Before the first are 64 zeros. An anchor 123:abc… says that line 123 has the hash abc…. plan.json is hashed as JSON with sorted keys and no spaces; its hash is "planHash" in chain.json and in the approvals that count.

This does it. Save it as check.mjs in this folder, and run \`node check.mjs 123:abc…\` with your anchor:

\`\`\`js
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const canonical = (v) =>
  Array.isArray(v) ? \`[\${v.map(canonical).join()}]\`
  : v === null || typeof v !== 'object' ? JSON.stringify(v)
  : \`{\${Object.keys(v).sort().map((k) => \`\${JSON.stringify(k)}:\${canonical(v[k])}\`).join()}}\`;
const must = (holds, what) => {
  if (!holds) { console.error(\`Not so: \${what}\`); process.exitCode = 1; }
};

const chain = JSON.parse(readFileSync('chain.json', 'utf8'));
const scrubbed = new Map(chain.scrubbedRows.map((row) => [row.seq, row.hash]));
const hashes = ['0'.repeat(64)];
for (const line of readFileSync('chain.jsonl', 'utf8').split('\\n').slice(0, -1)) {
  const row = JSON.parse(line);
  must(row.seq === hashes.length && row.prevHash === hashes.at(-1), \`line \${hashes.length} follows the line before it\`);
  hashes.push(scrubbed.get(row.seq) ?? sha256(line));
}
const mine = process.argv.slice(2).map((text) => ({ seq: Number(text.split(':')[0]), hash: text.split(':')[1] }));
for (const { seq, hash } of [chain.head, ...chain.anchors, ...mine])
  must(hashes[seq] === hash, \`line \${seq} has the hash \${hash}\`);
if (chain.planHash !== null && !chain.scrubbedFiles.includes('plan.json'))
  must(sha256(canonical(JSON.parse(readFileSync('plan.json', 'utf8')))) === chain.planHash, 'plan.json is the plan of the run');
console.log(\`\${hashes.length - 1} rows, \${chain.anchors.length + mine.length} anchors, \${scrubbed.size} rows with a secret taken out\`);
\`\`\`

What looked like a secret was taken out of all files. Of the rows in "scrubbedRows" the hash cannot be recomputed from this folder, only that they stand in their place; plan.json cannot be hashed when it is among "scrubbedFiles". Whoever has the database can: \`patchday audit verify --anchor 123:abc…\`.

That the tables tell what the audit tells (the states of effects, approvals and instances) was compared when this was written; "wrong" in chain.json says what differed. What each row made true is in its detail, under "makesTrue".
`;
}
