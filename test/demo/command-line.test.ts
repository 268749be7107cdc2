import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readOptions, UsageError } from '../../sandbox/demo/options.ts';

const ROOT = new URL('../..', import.meta.url);

async function demo(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['sandbox/demo.ts', ...args], { cwd: ROOT });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

describe('the command line of the demo', () => {
  it('explains itself with --help', async () => {
    const { code, out } = await demo('--help');

    expect(code).toBe(0);
    for (const flag of ['--headless', '--port', '--speed', '--seed', '--data']) expect(out).toContain(flag);
  });

  it('ends with 2 when it is used wrongly, and says what is allowed', async () => {
    const { code, out, err } = await demo('--speed', 'fast');

    expect(code).toBe(2);
    expect(err).toContain('--speed must be a whole number from 1 to 1000, not "fast"');
    expect(err).toContain('npm run demo -- --headless');
    expect(out).toBe('');
  });

  it.each([
    ['--seed', '-1'],
    ['--seed', '1.5'],
    ['--seed', ''],
    ['--port', '70000'],
    ['--speed', '0'],
    ['--data', ''],
    ['--headles'],
    ['prod'],
  ])('refuses %s %s', (...args) => {
    expect(() => readOptions(args)).toThrow(UsageError);
  });

  it('is faster when nobody watches', () => {
    expect(readOptions(['--headless']).speed).toBeGreaterThan(readOptions([]).speed);
    expect(readOptions(['--headless', '--speed', '7']).speed).toBe(7);
  });
});
