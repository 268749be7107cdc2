/** Keeps the files of a run on disk, so that they can be given again. */
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RunView } from '../workflow/view.ts';
import { planCsv, reportCsv } from './csv.ts';
import { reportHtml } from './html.ts';
import { reportJson } from './json.ts';
import { scrubStrings } from './scrub-strings.ts';

export interface WrittenFile {
  /** For the upload, e.g. "patchday-prod-3fk2-report.csv". */
  name: string;
  path: string;
  bytes: number;
}

export interface WriteOptions {
  /** The configured folder for reports (`data_dir`); made if need be. */
  folder: string;
  view: RunView;
  /** Takes secrets out of foreign text before it is written (see ops/scrub.ts). */
  scrub: (text: string) => string;
}

/** A report could not be kept on disk. Nothing else is affected; `/patch report` tries again. */
export class ReportNotWritten extends Error {
  override readonly name = 'ReportNotWritten';
}

/**
 * Writes report.csv, report.json and report.html of the run into `<folder>/<run id>/`. Each file is complete or absent,
 * also after a power cut; writing the same view again changes nothing. Throws ReportNotWritten.
 */
export function writeReports({ folder, view, scrub }: WriteOptions): Promise<WrittenFile[]> {
  const clean = scrubStrings(view, scrub);
  return writeFiles(folder, view, [
    ['report.html', reportHtml(clean)],
    ['report.csv', reportCsv(clean)],
    ['report.json', reportJson(clean)],
  ]);
}

/** Writes plan-<version>.csv, the whole plan for the thread. As `writeReports` otherwise. */
export function writePlan({ folder, view, scrub }: WriteOptions): Promise<WrittenFile[]> {
  const clean = scrubStrings(view, scrub);
  return writeFiles(folder, view, [[`plan-${view.run.planVersion ?? 0}.csv`, planCsv(clean)]]);
}

/** Run ids become a folder: anything that could lead elsewhere is refused. */
const RUN_ID = /^[a-z0-9](?:[a-z0-9_-]{0,63})$/i;

async function writeFiles(
  folder: string,
  view: RunView,
  files: readonly (readonly [name: string, content: string])[],
): Promise<WrittenFile[]> {
  const { id, environment } = view.run;
  if (!RUN_ID.test(id)) throw new ReportNotWritten(`The run id ${JSON.stringify(id)} cannot name a folder.`);
  const home = join(resolve(folder), id);
  const prefix = `patchday-${environment.replace(/[^A-Za-z0-9-]+/g, '-')}-${id}`;
  try {
    await mkdir(home, { recursive: true, mode: 0o750 });
    if (!(await lstat(home)).isDirectory()) throw new Error('it is a link, not a folder');
    const written: WrittenFile[] = [];
    for (const [name, content] of files) {
      const data = Buffer.from(content, 'utf8');
      await replaceFile(home, name, data);
      written.push({ name: `${prefix}-${name}`, path: join(home, name), bytes: data.byteLength });
    }
    return written;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ReportNotWritten(
      `The report could not be written to ${home}: ${why}. Check that the folder is writable and has room, then ask for the report again.`,
      { cause: error },
    );
  }
}

/** Temporary file beside it, fsync, rename, fsync of the folder: no reader ever sees half a file. */
async function replaceFile(home: string, name: string, data: Buffer): Promise<void> {
  const path = join(home, name);
  if (await holds(path, data)) return;
  const temporary = join(home, `.${name}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    // 'wx' neither follows a link nor overwrites.
    const file = await open(temporary, 'wx', 0o640);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const directory = await open(home, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function holds(path: string, data: Buffer): Promise<boolean> {
  try {
    return (await lstat(path)).isFile() && data.equals(await readFile(path));
  } catch {
    return false;
  }
}
