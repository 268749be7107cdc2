import { parseArgs } from 'node:util';
import { wallClock } from '../clock.ts';
import { startAwsSimulator } from './server.ts';

const USAGE = `Starts the simulated AWS (EC2, SSM, STS) on 127.0.0.1.

  npm run sandbox:aws -- [--port N] [--speed S] [--seed N]

  --port   where to listen (default 4599; 0 takes a free port)
  --speed  how much faster than life images, patching and reboots are (default 1)
  --seed   picks durations, zones and patches of the fleet (default 1)`;

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new Error(`--${name} must be a whole number from ${least}, got ${text}`);
  return value;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4599' },
      speed: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const speed = Number(values.speed);
  if (!(speed > 0)) throw new Error(`--speed must be a number above 0, got ${values.speed}`);
  return {
    help: values.help,
    port: wholeNumber('port', values.port, 0),
    seed: wholeNumber('seed', values.seed, 0),
    speed,
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const { port, seed, speed } = options;
  const sim = await startAwsSimulator({ port, seed, clock: wallClock(speed) });
  process.stdout.write(
    [
      `Simulated AWS:      ${sim.url}   (speed ${speed}, seed ${seed})`,
      `Control interface:  ${sim.url}/_sandbox/ledger and more, see sandbox/aws/README.md`,
      '',
      `  export AWS_ENDPOINT_URL=${sim.url} AWS_REGION=eu-west-1`,
      '  export AWS_ACCESS_KEY_ID=AKIASANDBOXHUB AWS_SECRET_ACCESS_KEY=any',
      '',
      ...sim.control.accounts.map(
        (a) => `  ${a.accountId}  ${a.environment.padEnd(8)} ${a.name}  (${a.regions.join(', ')})`,
      ),
      '',
    ].join('\n'),
  );
  const stop = () => {
    sim.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exit(2);
});
