/**
 * Runs a command of this project on a fresh clone: installs the locked packages when they are missing or
 * older than the lockfile, then starts the command with node_modules/.bin first on PATH, so that `node` is
 * the Node 24 of the devDependency (better-sqlite3 13 crashes on Node 20).
 *
 * Plain JavaScript without imports from node_modules: it runs before anything is installed, on whatever
 * Node the machine has.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const installed = join(root, 'node_modules', '.package-lock.json');
const lockfile = join(root, 'package-lock.json');

const stale = !existsSync(installed) || statSync(installed).mtimeMs < statSync(lockfile).mtimeMs;
if (stale || !existsSync(join(bin, 'node'))) {
  console.error('patchday: installing the locked packages (npm ci) ...');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) {
    console.error('patchday: npm ci failed. Is the npm registry reachable? Nothing else was changed.');
    process.exit(1);
  }
}
const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error('usage: with-node24.mjs <command> [arguments]');
  process.exit(2);
}
const run = spawn(command, args, {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    // Compiling the sources and the AWS SDK is half of the time in which a process starts, and tests start hundreds.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compiled'),
  },
});
// The command ends in its own way, and its exit code is ours. Ctrl-C in a terminal reaches it without us.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) run.kill('SIGINT');
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal));
run.once('error', (error) => {
  console.error(`patchday: cannot start ${command}: ${error.message}`);
  process.exit(1);
});
run.once('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
