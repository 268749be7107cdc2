/** A start that must not be one: exit code 1, a sentence that says what to do, and no call to AWS or Slack. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import { openDatabase } from '../../../src/store/open.ts';
import { botConfig } from '../../support/bot-config.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
/** Nobody: whom the permissions of a file stop, as they do not stop root. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
const asRoot = process.getuid?.() === 0;

const parent = mkdtempSync(join(tmpdir(), 'patchday-start-'));
let calls = 0;
const anyone = createServer((_request, response) => {
  calls++;
  response.writeHead(500).end();
});
beforeAll(async () => {
  chmodSync(parent, 0o755);
  anyone.listen(0, '127.0.0.1');
  await once(anyone, 'listening');
});
afterAll(() => {
  anyone.close();
  rmSync(parent, { recursive: true, force: true });
});

let folders = 0;
function folder(): string {
  const path = join(parent, `f${++folders}`);
  mkdirSync(path);
  return path;
}

async function start(at: string, how: { user?: object; before?: string } = {}) {
  const config = join(parent, `config-${++folders}.yaml`);
  writeFileSync(config, botConfig({ fleet: smallFleet(), folder: at }));
  const endpoint = `http://127.0.0.1:${(anyone.address() as AddressInfo).port}/`;
  const child = spawn(
    '/bin/sh',
    ['-c', `${how.before ?? ''} exec "$0" "$@"`, process.execPath, MAIN, 'serve', '--config', config],
    {
      ...how.user,
      cwd: parent,
      env: {
        PATH: process.env['PATH'] ?? '',
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEEXAMPLE00',
        AWS_SECRET_ACCESS_KEY: 'sandbox',
        AWS_REGION: 'eu-west-1',
        AWS_EC2_METADATA_DISABLED: 'true',
        SLACK_API_URL: `${endpoint}api/`,
        SLACK_BOT_TOKEN: 'xoxb-1-test',
        SLACK_APP_TOKEN: 'xapp-1-test',
        NODE_NO_WARNINGS: '1',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.on('data', (d) => {
    said += d;
  });
  const [code] = await once(child, 'close');
  return { code, said };
}

function filled(at: string): string {
  const path = join(at, 'patchday.sqlite');
  const { db, close } = openDatabase(path);
  const insert = db.prepare('INSERT INTO seen (key, at) VALUES (?, 1)');
  db.transaction(() => {
    for (let i = 0; i < 500; i++) insert.run(`click-${i}`);
  })();
  close();
  return path;
}

/** A folder where anybody may write, and a database in it that only its owner may. */
function ofSomebodyElse(): string {
  const at = folder();
  filled(at);
  chmodSync(at, 0o777);
  for (const end of ['.lock', '.holder']) chmodSync(join(at, `patchday.sqlite${end}`), 0o666);
  return at;
}

describe('Patchday does not start, and changes nothing,', () => {
  const cases: [name: string, prepare: () => Promise<{ code: number; said: string }>, sentence: RegExp][] = [
    [
      'when a file stands where its folder should be',
      () => {
        const at = join(parent, 'a-file');
        writeFileSync(at, '');
        return start(join(at, 'inside'));
      },
      /cannot use the folder of the database .*local disk/,
    ],
    [
      'on a damaged file',
      () => {
        const at = folder();
        const path = filled(at);
        const bytes = readFileSync(path);
        bytes.fill(0xff, bytes.length - 4096 * 3, bytes.length - 4096);
        writeFileSync(path, bytes);
        return start(at);
      },
      /not safe to use: integrity_check|malformed/,
    ],
    [
      'on a file of a newer release',
      () => {
        const at = folder();
        const db = new Database(filled(at));
        db.pragma('user_version = 999');
        db.close();
        return start(at);
      },
      /written by a newer Patchday \(schema 999/,
    ],
    [
      'when the disk is full',
      // A write beyond the limit fails with EFBIG once the signal is ignored; that is inherited by the program.
      () => start(folder(), { before: "trap '' XFSZ; ulimit -f 16;" }),
      /cannot open the database .*Nothing was changed/,
    ],
    ...(asRoot
      ? ([
          [
            'in a folder that it may not write to',
            () => {
              const at = folder();
              chmodSync(at, 0o555);
              return start(at, { user: NOBODY });
            },
            /cannot use the folder of the database .*this user may write/,
          ],
          [
            'on a file that it may not write to',
            () => {
              const at = ofSomebodyElse();
              chmodSync(join(at, 'patchday.sqlite'), 0o644);
              return start(at, { user: NOBODY });
            },
            /readonly|not safe to use|may not be written/,
          ],
          [
            'on a file that it may not read',
            () => start(ofSomebodyElse(), { user: NOBODY }),
            /Is it a file that the user who runs Patchday may read and write\? Nothing was changed/,
          ],
        ] as [string, () => Promise<{ code: number; said: string }>, RegExp][])
      : []),
  ];
  it.concurrent.each(cases)(
    '%s',
    async (_name, prepare, sentence) => {
      const { code, said } = await prepare();
      expect(said).toMatch(sentence);
      expect(said).not.toMatch(/\n {4}at /);
      expect(code).toBe(1);
      expect(calls).toBe(0);
    },
    60_000,
  );
});
