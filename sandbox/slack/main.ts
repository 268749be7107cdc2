import { parseArgs } from 'node:util';
import { startSlackSimulator } from './server.ts';

const HELP = `Starts a simulated Slack workspace.

  npm run sandbox:slack -- [--port N] [--seed N] [--rate-limits slack|off]

  --port         port on 127.0.0.1 (default 4010; 0 takes a free one)
  --seed         seed of everything random (default 1)
  --rate-limits  slack: as published (default); off: none
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4010' },
      seed: { type: 'string', default: '1' },
      'rate-limits': { type: 'string', default: 'slack' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const rateLimits = values['rate-limits'];
  if (rateLimits !== 'slack' && rateLimits !== 'off') {
    throw new RangeError(`--rate-limits must be slack or off, not "${rateLimits}"`);
  }
  const slack = await startSlackSimulator({
    port: whole('--port', values.port, 65_535),
    seed: whole('--seed', values.seed, 4_294_967_295),
    rateLimits,
  });
  process.stdout.write(
    [
      `Slack page       ${slack.url}/`,
      `SLACK_API_URL    ${slack.apiUrl}`,
      `SLACK_BOT_TOKEN  ${slack.botToken}`,
      `SLACK_APP_TOKEN  ${slack.appToken}`,
      'Stop with Ctrl-C.',
      '',
    ].join('\n'),
  );
  return new Promise((resolve) => {
    const stop = (): void => void slack.close().then(() => resolve(0));
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}

function whole(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new RangeError(`${flag} must be a whole number from 0 to ${most}, not "${text}"`);
  }
  return value;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  process.exitCode = 2;
}
