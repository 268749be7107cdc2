/**
 * `npm test`: types, lint, generated files, then every test. Stops at the first step that fails. Says at the
 * end what was left out because Chromium or awscli is not installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const STEPS: readonly [name: string, command: string, ...args: string[]][] = [
  ['types', 'tsc', '--noEmit'],
  ['types of the sandbox page', 'tsc', '--noEmit', '-p', 'sandbox/slack/page'],
  ['lint and format', 'biome', 'check', '--error-on-warnings'],
  ['generated files', 'node', 'scripts/generate-docs.ts', '--check'],
  ['tests', 'vitest', 'run', ...process.argv.slice(2)],
];

for (const [name, command, ...args] of STEPS) {
  const startedAt = performance.now();
  console.log(`== ${name}`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) console.error(error.message);
  if (status !== 0) {
    console.error(`== ${name} failed: ${command} ${args.join(' ')}`);
    process.exit(1);
  }
  console.log(`== ${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}
const leftOut = [
  ...(existsSync('/usr/bin/chromium') ? [] : ['browser tests (apt-get install chromium)']),
  ...(existsSync('/usr/bin/aws') ? [] : ['contract tests with awscli (apt-get install awscli)']),
];
console.log(leftOut.length === 0 ? '== nothing was left out' : `== left out: ${leftOut.join(', ')}`);
