/**
 * The bot as a process of its own that ends itself with SIGKILL at a point. Points are numbered by the three
 * choke points alone: before and after every COMMIT of the store, every call to AWS (also those that only read)
 * and every call to Slack. Nobody lists them by hand, so a new call or commit is a new point by itself. A point
 * is called by its name and which one of that name it is, `SendCommand:before#002`: how often it polls may
 * vary, but the second patch command stays the second.
 *
 * argv: config file, name or plain number of the fatal point (0 = never), file to which the points passed are
 * written, effect grace in ms when it is to be one that the configuration refuses.
 */
import { appendFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { startPatchday } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/ops/log.ts';

// A killed process leaves no compile cache behind, and starting is most of what a sweep spends its time on.
flushCompileCache();

const [configFile = '', fatal = '0', trace = '', grace = ''] = process.argv.slice(2);
const fatalNumber = Number(fatal);
const passedOf = new Map<string, number>();
let passed = 0;

function point(name: string): void {
  passed++;
  const ofThatName = (passedOf.get(name) ?? 0) + 1;
  passedOf.set(name, ofThatName);
  const full = `${name}#${String(ofThatName).padStart(3, '0')}`;
  if (trace) appendFileSync(trace, `${full}\n`);
  if (passed === fatalNumber || full === fatal) process.kill(process.pid, 'SIGKILL');
}

/** The Web API client takes the global fetch: every call to Slack goes through here, and nothing of AWS does. */
const realFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const last = String(input instanceof Request ? input.url : input).replace(/^.*\//, '');
  const method = /^[a-z]/.test(last) ? last : 'upload or response_url';
  point(`slack ${method}:before`);
  const answer = await realFetch(input, init);
  point(`slack ${method}:after`);
  return answer;
};

const loaded = loadConfig(configFile, process.env);
if (!loaded.ok) throw new Error(loaded.problems.map((p) => p.text).join('\n'));
if (grace !== '') loaded.config.timing.effectGrace = Number(grace);
const patchday = await startPatchday({
  config: loaded.config,
  secrets: {
    slackBotToken: process.env['SLACK_BOT_TOKEN'] ?? '',
    slackAppToken: process.env['SLACK_APP_TOKEN'] ?? '',
  },
  log: createLogger({ level: 'warn', secrets: [] }),
  slackApiUrl: process.env['SLACK_API_URL'],
  awsPaceScale: 1000,
  slackTiming: { messageInterval: 1, pollInterval: 20, editsPerMinute: 100_000 },
  hooks: {
    commit: { beforeCommit: () => point('commit:before'), afterCommit: () => point('commit:after') },
    aws: {
      before: (call) => point(`${call.mutating ? '' : 'read '}${call.operation}:before`),
      after: (call) => point(`${call.mutating ? '' : 'read '}${call.operation}:after`),
    },
  },
});
process.send?.('ready');
// Nobody is left to look at what it does.
process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', () => {
  void patchday.stop().then(() => process.exit(0));
});
