import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet.ts';
import { commandLinePage, optionsOf } from '../../src/cli/help.ts';
import { runCommandLine } from '../../src/cli/run.ts';
import { CLI_COMMANDS } from '../../src/cli/table.ts';
import { PERMISSIONS } from '../../src/workflow/permissions.ts';
import { permissionsPage } from '../../src/workflow/permissions-page.ts';
import { botConfig } from '../support/bot-config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function type(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine(args, {
    env: {},
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('the command line', () => {
  it('lists every command in help, in lines that fit a terminal', async () => {
    const { code, out, err } = await type('help');
    expect(code).toBe(0);
    expect(err).toBe('');
    for (const { usage } of CLI_COMMANDS) expect(out).toContain(usage);
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  it.each([[['serve', '--help']], [['help', 'serve']], [['serve', '-h']]])(
    '%j explains one command',
    async (args) => {
      const { code, out } = await type(...args);
      expect(code).toBe(0);
      expect(out).toMatch(/^Usage: patchday serve \[--config FILE\]/);
      expect(out).toContain('Exit codes: 0 ended in order, 1 could not start, 2 used wrongly.');
    },
  );

  it.each([
    [[], /Patchday patches EC2 fleets from Slack/],
    [['sevre'], /no command "sevre"\. Did you mean "patchday serve"\?/],
    [['config'], /"patchday config" is one of: patchday config check, patchday config schema/],
    [['config', 'chekc'], /Did you mean "patchday config check"\?/],
    [['help', 'docter'], /Did you mean "patchday doctor"\?/],
    [['serve', 'now'], /no command "serve now"/],
    [['xyzzy'], /no command "xyzzy"\.$/m],
    [
      ['doctor', '--jsn'],
      /patchday doctor has no option --jsn\. Did you mean --json\? Usage: patchday doctor/,
    ],
    [['serve', '--json'], /patchday serve has no option --json/],
    [['config', 'schema', '--config', 'x'], /patchday config schema has no option --config/],
    [['config', 'check', '--config'], /argument missing/],
  ])('%j is used wrongly: 2, nothing on standard output, and what was meant', async (args, says) => {
    const { code, out, err } = await type(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(says);
  });

  it('knows every option that a usage line mentions', () => {
    const known = ['config', 'json', 'anchor', 'run', 'to', 'from'];
    for (const command of CLI_COMMANDS)
      for (const option of optionsOf(command)) expect(known, command.usage).toContain(option);
  });

  it('as a process answers with the same codes', () => {
    const main = join(root, 'src/main.ts');
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { PATH: process.env['PATH'] } });
    const version = run('--version');
    expect(version.status).toBe(0);
    expect(version.stdout).toMatch(/^patchday \d+\.\d+\.\d+, Node\.js 24/);
    const wrong = run('sevre');
    expect(wrong.status).toBe(2);
    expect(wrong.stdout).toBe('');
    expect(wrong.stderr).toContain('Did you mean "patchday serve"?');
  });
});

describe('patchday config', () => {
  let folder: string;
  let good: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'patchday-cli-'));
    good = join(folder, 'patchday.yaml');
    writeFileSync(good, botConfig({ fleet: smallFleet(), folder }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('check says that a good file is good, and which secrets are still to come', async () => {
    const { code, out } = await type('config', 'check', '--config', good);
    expect(code).toBe(0);
    expect(out).toContain('is good: 1 environment, 1 landing zone.');
    expect(out).toContain('SLACK_BOT_TOKEN');
  });

  it('check says every mistake at once, each with its path', async () => {
    const bad = join(folder, 'bad.yaml');
    const text = readFileSync(good, 'utf8')
      .replace(/workspace: .*/, 'workspace: 7')
      .replace('patch_enabled: true', 'patch_enabled: maybe');
    writeFileSync(bad, text);
    const { code, out, err } = await type('config', 'check', '--config', bad);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toMatch(/workspace/);
    expect(err).toMatch(/landing_zones\[0\]\.patch_enabled|landing_zones\.0\.patch_enabled/);
    expect(err).toMatch(/2 mistakes in .*bad\.yaml/);
  });

  it('check says where it looked when there is no file', async () => {
    const { code, err } = await type('config', 'check', '--config', join(folder, 'nowhere.yaml'));
    expect(code).toBe(1);
    expect(err).toMatch(/nowhere\.yaml.*patchday\.example\.yaml/);
  });

  it('schema prints the JSON Schema that is in the repository', async () => {
    const { code, out } = await type('config', 'schema');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(JSON.parse(readFileSync(join(root, 'patchday.schema.json'), 'utf8')));
  });

  it('serve with mistakes starts nothing and says all of them', async () => {
    const { code, err } = await type('serve', '--config', join(folder, 'nowhere.yaml'));
    expect(code).toBe(1);
    expect(err).toMatch(/nowhere\.yaml/);
    expect(err).toContain('SLACK_APP_TOKEN');
    expect(err).toContain('Patchday was not started. `patchday config check` looks again.');
  });
});

describe('the pages made from the tables', () => {
  it('have every command, and every row of who may do what', () => {
    const page = commandLinePage(CLI_COMMANDS);
    for (const { usage, exitCodes } of CLI_COMMANDS) {
      expect(page).toContain(usage);
      expect(page).toContain(exitCodes);
    }
    for (const { name } of PERMISSIONS) expect(permissionsPage()).toContain(`| ${name} |`);
  });
});
