import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScrubber } from '../../src/ops/scrub.ts';
import { ReportNotWritten, writePlan, writeReports } from '../../src/report/write.ts';
import { target, troubledView, view } from './support.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchday-reports-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const asIs = (text: string) => text;

describe('writing reports', () => {
  it('leaves three complete files in the folder of the run, and nothing else', async () => {
    const files = await writeReports({ folder, view: troubledView(), scrub: asIs });
    expect((await readdir(join(folder, 'k3f9a2'))).sort()).toEqual([
      'report.csv',
      'report.html',
      'report.json',
    ]);
    for (const file of files) {
      expect((await stat(file.path)).size).toBe(file.bytes);
      expect(file.name).toMatch(/^patchday-prod-k3f9a2-report\.(csv|html|json)$/);
    }
  });

  it('changes nothing when the same run is written again', async () => {
    const [first] = await writeReports({ folder, view: troubledView(), scrub: asIs });
    const before = await stat(first?.path ?? '');
    await writeReports({ folder, view: troubledView(), scrub: asIs });
    const after = await stat(first?.path ?? '');
    expect(after.ino).toBe(before.ino);
    expect(after.mtimeMs).toBe(before.mtimeMs);
  });

  it('replaces a file that somebody cut short', async () => {
    const [first] = await writeReports({ folder, view: troubledView(), scrub: asIs });
    await writeFile(first?.path ?? '', 'half');
    await writeReports({ folder, view: troubledView(), scrub: asIs });
    expect((await stat(first?.path ?? '')).size).toBe(first?.bytes);
  });

  it('keeps the plan of each version', async () => {
    const [file] = await writePlan({ folder, view: troubledView(), scrub: asIs });
    expect(file?.path).toBe(join(folder, 'k3f9a2', 'plan-2.csv'));
  });

  it.each(['..', '../x', 'a/b', '/etc', '', '.', 'a\0b', 'a\\b', '-', 'x'.repeat(65)])(
    'refuses the run id %j',
    async (id) => {
      const bad = view([], { run: { id } });
      await expect(writeReports({ folder, view: bad, scrub: asIs })).rejects.toThrow(ReportNotWritten);
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('does not follow a link out of the folder', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'patchday-outside-'));
    await symlink(outside, join(folder, 'k3f9a2'));
    await expect(writeReports({ folder, view: troubledView(), scrub: asIs })).rejects.toThrow(/link/);
    expect(await readdir(outside)).toEqual([]);
    await rm(outside, { recursive: true });
  });

  it('replaces a linked file instead of writing through it', async () => {
    const outside = join(folder, 'outside.txt');
    await writeFile(outside, 'mine');
    await mkdir(join(folder, 'k3f9a2'));
    await symlink(outside, join(folder, 'k3f9a2', 'report.csv'));
    await writeReports({ folder, view: troubledView(), scrub: asIs });
    expect(await readFile(outside, 'utf8')).toBe('mine');
  });

  it('says what to do when the folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(
      writeReports({ folder: join(folder, 'file'), view: troubledView(), scrub: asIs }),
    ).rejects.toThrow(/could not be written .* Check that the folder is writable/);
  });

  it('takes secrets out without breaking the files, also one that never ends', async () => {
    const secret = 'hunter2-hunter2';
    const excerpt = `password ${secret}\n-----BEGIN RSA PRIVATE KEY-----\nMIIEabc`;
    const [, , json] = await writeReports({
      folder,
      view: view([target(1, { excerpt }), target(2)]),
      scrub: createScrubber([secret]),
    });
    const text = await readFile(json?.path ?? '', 'utf8');
    expect(text).not.toMatch(/hunter2|MIIE/);
    expect(JSON.parse(text).targets).toHaveLength(2);
  });

  it('takes secrets out of the names of tags too, and loses no tag by it', async () => {
    const scrub = createScrubber(['hunter2-hunter2', 'swordfish-1']);
    const tags = { 'a hunter2-hunter2': '1', 'a swordfish-1': '2', Name: 'web' };
    const files = await writeReports({ folder, view: view([target(1, { instance: { tags } })]), scrub });
    const texts = await Promise.all(files.map((file) => readFile(file.path, 'utf8')));
    expect(texts.join('')).not.toMatch(/hunter2|swordfish/);
    expect(JSON.parse(texts[2] ?? '').targets[0].tags).toEqual({
      Name: 'web',
      'a [secret removed]': '1',
      'a [secret removed] (2)': '2',
    });
  });

  it('takes secrets out of the plan', async () => {
    const [file] = await writePlan({
      folder,
      view: view([target(1, { instance: { name: 'web hunter2-hunter2' } })]),
      scrub: createScrubber(['hunter2-hunter2']),
    });
    const text = await readFile(file?.path ?? '', 'utf8');
    expect(text).toContain('web [secret removed]');
    expect(text).not.toContain('hunter2');
  });

  it('lets nobody but its own group read them, and nobody else write them', async () => {
    const before = process.umask(0);
    try {
      const files = await writeReports({ folder, view: troubledView(), scrub: asIs });
      for (const { path } of files) expect((await stat(path)).mode & 0o777).toBe(0o640);
      expect((await stat(join(folder, 'k3f9a2'))).mode & 0o777).toBe(0o750);
    } finally {
      process.umask(before);
    }
  });
});
