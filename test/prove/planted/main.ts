/**
 * `npm run prove -- --planted`: is every proof able to fail? Each defect is planted in a copy of the sources in a
 * temporary folder.
 */
import { spawn } from 'node:child_process';
import { copySources } from '../../support/source-copy.ts';
import type { Row } from '../table.ts';
import type { Defect } from './defect.ts';
import { DEFECTS } from './defects.ts';

/** Runs them all, or those whose name holds `match`; prints one line each. True when every one was caught. */
export async function provePlanted(match: string | null, say: (line: string) => void): Promise<boolean> {
  const chosen = DEFECTS.filter((d) => match === null || d.name.includes(match));
  const sound = new Map<string, string>();
  let missed = 0;
  for (const defect of chosen) {
    const verdict = await judge(defect, sound).catch((e: unknown) =>
      e instanceof Error ? e.message : String(e),
    );
    if (verdict !== 'caught') missed++;
    say(
      `${verdict === 'caught' ? 'caught' : 'MISSED'}  ${defect.name}  (${defect.promise}; ${defect.prove.join(' ')})${verdict === 'caught' ? '' : `: ${verdict}`}`,
    );
  }
  say(`planted: ${chosen.length - missed} caught, ${missed} missed`);
  return missed === 0 && chosen.length > 0;
}

/** 'caught', or why not. `sound` remembers what the unchanged build answered to the same arguments. */
async function judge(defect: Defect, sound: Map<string, string>): Promise<string> {
  const args = defect.prove.join(' ');
  const known = sound.get(args);
  const wrong =
    known ??
    (await inACopy([], async (folder) => {
      const rows = await prove(folder, defect);
      return rows.flatMap((r) => [...r.violations, ...(r.leftOut ?? [])]).join('; ');
    }));
  sound.set(args, wrong);
  if (wrong !== '') return `the sound build fails too: ${wrong}`;
  return inACopy(defect.changes, (folder) => caught(folder, defect));
}

async function caught(folder: string, defect: Defect): Promise<string> {
  const rows = await prove(folder, defect);
  const broken = rows.flatMap((r) => r.violations).find((v) => v.startsWith('the proof itself broke'));
  // A build that cannot even run proves nothing about the proof.
  if (broken) return broken;
  const violations = rows.flatMap((r) => r.violations);
  if (violations.some((v) => defect.noticedAs.test(v))) return 'caught';
  return violations.length === 0
    ? 'the proof did not notice'
    : `the proof failed for another reason than ${defect.noticedAs}: ${violations.join('; ').slice(0, 1500)}`;
}

async function inACopy<T>(changes: Defect['changes'], use: (folder: string) => Promise<T>): Promise<T> {
  const copy = copySources(changes);
  try {
    return await use(copy.folder);
  } finally {
    copy.remove();
  }
}

function prove(folder: string, defect: Defect): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['test/prove/main.ts', '--json', ...defect.prove], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (d) => {
      out += d;
    });
    child.stderr.on('data', (d) => {
      err += d;
    });
    child.on('error', reject);
    child.on('close', () => {
      try {
        resolve(JSON.parse(out) as Row[]);
      } catch {
        reject(new Error(`${defect.name}: the proof did not answer: ${err.slice(-1000)}${out.slice(-300)}`));
      }
    });
  });
}
