/** The real Slack edge on a simulated Slack, with the workflow in memory. */
import { CHANNELS, GROUPS, TEAM } from '../../../sandbox/slack/default-workspace.ts';
import {
  type SlackSimulator,
  type SlackSimulatorOptions,
  startSlackSimulator,
} from '../../../sandbox/slack/server.ts';
import {
  ClockWatch,
  createSlack,
  type FilesFor,
  type Log,
  type Slack,
  type SlackTiming,
} from '../../../src/slack/index.ts';
import type { RunView } from '../../../src/workflow/view.ts';
import { FakeAlarms } from './fake-alarms.ts';
import { FakeOutbox } from './fake-outbox.ts';
import { FakeService } from './fake-service.ts';

export const ENVIRONMENTS = [
  {
    name: 'prod',
    channelId: CHANNELS.prod,
    timeZone: 'Europe/Berlin',
    requesters: { groups: [GROUPS.requesters], users: [] },
    approvers: { groups: [GROUPS.approvers], users: [] },
  },
  {
    name: 'nonprod',
    channelId: CHANNELS.nonprod,
    timeZone: 'Europe/Berlin',
    requesters: { groups: [GROUPS.requesters], users: [] },
    approvers: { groups: [GROUPS.approvers], users: [] },
  },
];
export const LANDING_ZONES = [
  { name: 'payments-prod', environment: 'prod' },
  { name: 'web-nonprod', environment: 'nonprod' },
];

export interface Logged {
  level: 'debug' | 'info' | 'warn' | 'error';
  fields: object;
  message: string;
}

export function recordingLog(): Log & { lines: Logged[] } {
  const lines: Logged[] = [];
  const at = (level: Logged['level']) => (fields: object, message: string) =>
    void lines.push({ level, fields, message });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export interface Bench {
  sim: SlackSimulator;
  slack: Slack;
  service: FakeService;
  outbox: FakeOutbox;
  log: ReturnType<typeof recordingLog>;
  close(): Promise<void>;
}

export async function startBench(
  options: {
    views?: readonly RunView[];
    sim?: SlackSimulatorOptions;
    timing?: SlackTiming;
    filesFor?: FilesFor;
    teamId?: string;
  } = {},
): Promise<Bench> {
  const sim = await startSlackSimulator({ rateLimits: 'off', ...options.sim });
  const service = new FakeService(options.views);
  const outbox = new FakeOutbox(service);
  for (const view of options.views ?? []) outbox.open(view.run.id, view.run.channel);
  const log = recordingLog();
  const slack = createSlack({
    botToken: sim.botToken,
    appToken: sim.appToken,
    apiUrl: sim.apiUrl,
    teamId: options.teamId ?? TEAM,
    service,
    outbox,
    alarms: new FakeAlarms(),
    filesFor: options.filesFor ?? (async () => []),
    environments: ENVIRONMENTS,
    landingZones: LANDING_ZONES,
    timing: {
      cardInterval: 20,
      messageInterval: 5,
      pollInterval: 50,
      editsPerMinute: 6000,
      ...options.timing,
    },
    log,
    clock: { now: () => Date.now() },
    clockWatch: new ClockWatch({ now: () => Date.now(), log }),
  });
  return {
    sim,
    slack,
    service,
    outbox,
    log,
    close: async () => {
      await slack.stop();
      await sim.close();
    },
  };
}
