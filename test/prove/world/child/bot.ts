/**
 * The whole bot as a process whose time, randomness and end are in the hands of the simulation: src/compose.ts
 * over real sockets, the real SDKs and a real database file. It ends itself with SIGKILL at the choke point it
 * is told.
 *
 * argv: config file, start (ms since the epoch), seed, fatal point (0 = none), 'fast' or 'default' Slack paces.
 */
import { writeSync } from 'node:fs';
import http from 'node:http';
import { flushCompileCache, syncBuiltinESMExports } from 'node:module';
import { Writable } from 'node:stream';
import { ORDER_HEADER } from '../../../../sandbox/arrivals.ts';
import type { Order, Report } from '../messages.ts';
import * as randomness from './seeded-crypto.ts';
import * as time from './virtual-time.ts';
import * as wire from './wire-count.ts';

const [configFile = '', start = '0', seed = '', fatal = '0', paces = 'fast'] = process.argv.slice(2);
wire.install();
time.install(Number(start));
randomness.install(seed);

let points = 0;
let lastPoint = '';
let seen = false;
let log: string[] = [];

function point(name: string): void {
  points++;
  lastPoint = name;
  seen = true;
  if (points !== Number(fatal)) return;
  // Written at once, unlike everything else that goes to standard error.
  writeSync(2, `at its point ${points}, ${name}`);
  process.kill(process.pid, 'SIGKILL');
}

// Requests are numbered as they are made: two that are alike may meet the wire in either order.
let requests = 0;
const realRequest = http.request;
Object.assign(http, {
  request: (options: http.RequestOptions, ...more: []) =>
    realRequest(
      {
        ...options,
        headers: { ...(options.headers as http.OutgoingHttpHeaders), [ORDER_HEADER]: ++requests },
      },
      ...more,
    ),
});
syncBuiltinESMExports();

const realFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const last = String(input instanceof Request ? input.url : input).replace(/^.*\//, '');
  const method = /^[a-z]/.test(last) ? last : 'upload or response_url';
  point(`slack ${method}:before`);
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  headers.set(ORDER_HEADER, String(++requests));
  const answer = await realFetch(input, { ...init, headers });
  point(`slack ${method}:after`);
  return answer;
};

// Only now: what they import must meet the clocks of the simulation.
const { startPatchday } = await import('../../../../src/compose.ts');
const { loadConfig } = await import('../../../../src/config/load.ts');
const { createLogger } = await import('../../../../src/ops/log.ts');

// Later lives and seeds load from it. A process that is killed would never write it.
flushCompileCache();

const loaded = loadConfig(configFile, process.env);
if (!loaded.ok) throw new Error(loaded.problems.map((p) => p.text).join('\n'));
const { config } = loaded;

let patchday: ReturnType<typeof startPatchday> | null = null;

function begin(): void {
  patchday = startPatchday({
    config,
    secrets: {
      slackBotToken: process.env['SLACK_BOT_TOKEN'] ?? '',
      slackAppToken: process.env['SLACK_APP_TOKEN'] ?? '',
    },
    log: createLogger({
      level: 'info',
      secrets: [],
      destination: new Writable({
        write(chunk, _encoding, done) {
          log.push(String(chunk));
          done();
        },
      }),
    }),
    slackApiUrl: process.env['SLACK_API_URL'],
    ...(paces === 'fast' ? { slackTiming: { pollInterval: 5000 } } : {}),
    hooks: {
      commit: { beforeCommit: () => point('commit:before'), afterCommit: () => point('commit:after') },
      aws: {
        before: (call) => {
          if (call.mutating) point(`${call.operation}:before`);
        },
        after: (call) => {
          if (call.mutating) point(`${call.operation}:after`);
        },
      },
    },
  });
  patchday.catch((error: unknown) => {
    console.error(error);
    process.exit(3);
  });
}

async function report(): Promise<void> {
  await wire.settled();
  const answer: Report = {
    now: time.currentTime(),
    next: time.nextDue(),
    connections: wire.connections(),
    seen,
    points,
    lastPoint,
    log,
  };
  log = [];
  process.send?.(answer);
}

/** Timers that nobody can see from outside follow each other at once. */
async function pass(until: number): Promise<void> {
  seen = false;
  const before = JSON.stringify(wire.connections());
  while (time.fireNext(until)) {
    await wire.settled();
    seen ||= JSON.stringify(wire.connections()) !== before;
    if (seen) break;
  }
}

async function obey(order: Order): Promise<void> {
  switch (order.do) {
    case 'begin':
      begin();
      break;
    case 'stop':
      void patchday?.then((p) => p.stop()).then(() => process.exit(0));
      break;
    case 'pass':
      await pass(order.until);
      break;
    case 'report':
      break;
  }
  await report();
}

process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => process.exit(4));
await report();
