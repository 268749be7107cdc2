/** The demo for a person: a page like Slack, and what to do there. */
import { defaultFleet } from '../aws/fleet/default-fleet.ts';
import { CHANNELS } from '../slack/default-workspace.ts';
import { type DemoSandbox, startDemoSandbox } from './demo-sandbox.ts';
import { APPROVER, OUTSIDER, REQUESTER } from './people.ts';

export interface InteractiveOptions {
  speed: number;
  seed: number;
  port: number;
  folder: string;
  print: (text: string) => void;
  /** Ends the demo in order. */
  signal: AbortSignal;
}

/** Runs until the signal. Resolves with the exit code: 0 = ended in order. */
export async function interactive(options: InteractiveOptions): Promise<number> {
  const { speed, seed, port, folder, print, signal } = options;
  const fleet = defaultFleet(seed);
  print('Starting the simulated AWS, the simulated Slack and Patchday …');
  let died: (how: string) => void = () => {};
  const sandbox = await startDemoSandbox({
    fleet,
    seed,
    speed,
    port,
    folder,
    onLog: ({ level, text }) => {
      if (level !== 'warn') print(`Patchday logs: ${level}: ${text}`);
    },
    onDeath: (how) => died(how),
  });
  const instances = fleet.zones.reduce((sum, zone) => sum + zone.instances.length, 0);
  print(welcome(sandbox, { speed, instances, zones: fleet.zones.length }));
  const failure = await new Promise<string | null>((resolve) => {
    died = (how) => {
      if (signal.aborted) return;
      print(
        `Patchday (process ${sandbox.bot().pid}) ended: ${how}. It is started again and goes on where it was.`,
      );
      startAgain(sandbox, print).catch((error: unknown) =>
        resolve(error instanceof Error ? error.message : String(error)),
      );
    };
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  if (failure !== null) print(failure);
  print('\nEnding: first Patchday, then the simulators …');
  const { inOrder, how } = await sandbox.stop();
  print(
    inOrder
      ? `Ended. Reports, database and log stay in ${sandbox.folder}`
      : `Patchday did not end in order: ${how}. Its log: ${sandbox.logFile}`,
  );
  return failure === null && inOrder ? 0 : 1;
}

/** Starts of the bot in a row that may fail: it may be killed again before it is ready. */
const MOST_STARTS = 3;

async function startAgain({ startBot }: DemoSandbox, print: (text: string) => void): Promise<void> {
  const began = Date.now();
  for (let start = 1; ; start++) {
    try {
      const { pid } = await startBot();
      print(`Patchday runs again as process ${pid} (${((Date.now() - began) / 1000).toFixed(1)} s).`);
      return;
    } catch (error) {
      if (start === MOST_STARTS) throw error;
      print(error instanceof Error ? error.message : String(error));
    }
  }
}

function welcome(
  { slack, folder, logFile, bot }: DemoSandbox,
  { speed, instances, zones }: { speed: number; instances: number; zones: number },
): string {
  const page = (user: string) => `${slack.url}/?${new URLSearchParams({ user, channel: CHANNELS.prod })}`;
  return `
Patchday is ready. Open the page, which looks and works like Slack:

    ${slack.url}/

  1  As ${REQUESTER.name} (requester), in #patching-prod, type:    /patch scan prod
  2  Look at the card: what was found, what is planned. Click Approve as ${REQUESTER.name}: it is refused.
  3  Switch user (bottom left) to ${APPROVER.name} (approver) and click Approve.
  4  Open the thread under the card and watch; it takes about ${minutes(speed)}. The report ends up there.

  Everybody has an address of their own, for two windows side by side:
    ${REQUESTER.name}, who asks        ${page(REQUESTER.id)}
    ${APPROVER.name}, who approves    ${page(APPROVER.id)}
    ${OUTSIDER.name}, who may neither  ${page(OUTSIDER.id)}

  ${instances} instances in ${zones} landing zones, ${speed} times faster than life. More to try: /patch help
  Patchday is process ${bot().pid}: kill -9 it in the middle of a run, it starts again and goes on.
  Its configuration, database, reports and log are in ${folder} (${logFile.slice(folder.length + 1)})

Ctrl-C ends everything.
`;
}

/** Waves of prod take about two hours of life. */
function minutes(speed: number): string {
  const about = Math.max(1, Math.round(130 / speed));
  return about === 1 ? 'a minute' : `${about} minutes`;
}
