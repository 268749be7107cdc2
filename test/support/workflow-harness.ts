/**
 * The real workflow, store and AWS adapters over the wire against the simulated AWS, with the people of a
 * small team in place of Slack.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { type AwsSimulator, startAwsSimulator } from '../../sandbox/aws/server.ts';
import type { AwsHooks } from '../../src/aws/index.ts';
import { createApplicationChecks, createAws, type ZoneAccess } from '../../src/aws/index.ts';
import { randomIds } from '../../src/ops/ids.ts';
import type { CommitHooks } from '../../src/store/group-commit.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { SqliteStore } from '../../src/store/sqlite-store.ts';
import { EmbeddedHost } from '../../src/workflow/host.ts';
import { createPatchService } from '../../src/workflow/patch-service.ts';
import { type Directory, LookFailed } from '../../src/workflow/ports.ts';
import type { RunOptions } from '../../src/workflow/run-types.ts';
import { view } from '../../src/workflow/service/looking.ts';
import type { Actor, PatchService } from '../../src/workflow/service.ts';
import type { EnvironmentPolicy, Settings, Timing } from '../../src/workflow/settings.ts';
import type { RunView } from '../../src/workflow/view.ts';
import { APPROVERS, FAST_TIMING, policy, REQUESTERS } from './settings.ts';
import { until } from './until.ts';
import { accessTo } from './zone-access.ts';

export { APPROVERS, FAST_TIMING, policy, REQUESTERS };

export interface HarnessOptions {
  fleet?: FleetDefinition;
  policy?: Partial<EnvironmentPolicy>;
  timing?: Partial<Timing>;
  patchEnabled?: boolean;
  folder?: string;
  sim?: AwsSimulator;
  awsHooks?: AwsHooks;
  commitHooks?: CommitHooks;
  visibilityDelayMs?: number;
  /** Time-out of one AWS call; default 2000. */
  apiTimeoutMs?: number;
  /** What the configuration says of a landing zone's roles, when it is not what the fleet has. */
  access?: (zone: ZoneAccess) => ZoneAccess;
  /** The instances that the bot itself runs on. */
  ownInstanceIds?: () => readonly string[];
  /** What is known to be wrong with the clock; nothing when left out. */
  clockTrouble?: () => string | null;
}

export interface Harness {
  sim: AwsSimulator;
  store: SqliteStore;
  service: PatchService;
  host: EmbeddedHost;
  people: People;
  settings: Settings;
  folder: string;
  errors: unknown[];
  view(runId: string): RunView;
  scan(options?: Partial<RunOptions>, who?: string): Promise<string>;
  approve(runId: string, who?: string): ReturnType<PatchService['approve']>;
  ended(runId: string, within?: number): Promise<RunView>;
  reaches(runId: string, check: (view: RunView) => boolean, what: string, within?: number): Promise<RunView>;
  /** Stops the bot and the simulator, removes the folder. */
  close(): Promise<void>;
  /** Stops the bot only. */
  stopBot(): Promise<void>;
}

/** Who is in which group; a test may change it or make the directory unreachable. */
export class People implements Directory {
  requesters = new Set(['UREQ', 'UREQ2', 'UBOTH']);
  approvers = new Set(['UAPP', 'UAPP2', 'UBOTH']);
  notPeople = new Map([['UBOT', 'you are a bot']]);
  unreachable = false;
  async membership(userId: string, allowed: { groups: readonly string[]; users: readonly string[] }) {
    if (this.unreachable) throw new LookFailed('slack', 'Slack did not answer.', true);
    const why = this.notPeople.get(userId);
    const member =
      (allowed.groups.includes('SREQ') && this.requesters.has(userId)) ||
      (allowed.groups.includes('SAPP') && this.approvers.has(userId)) ||
      allowed.users.includes(userId);
    return { person: why ? ({ ok: false, why } as const) : ({ ok: true } as const), member };
  }
}

let clicks = 0;
/** Somebody of our workspace; every call is a new click. */
export function actor(userId: string, changes: Partial<Actor> = {}): Actor {
  return {
    userId,
    teamId: 'TOURS',
    channelId: 'CTEST',
    once: `click-${process.pid}-${clicks++}`,
    ...changes,
  };
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const fleet = options.fleet ?? smallFleet();
  const sim =
    options.sim ??
    (await startAwsSimulator({ fleet, throttle: 'off', visibilityDelayMs: options.visibilityDelayMs ?? 5 }));
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'patchday-test-'));
  process.env['AWS_ENDPOINT_URL'] = sim.url;
  process.env['AWS_ACCESS_KEY_ID'] = fleet.hub.accessKeyIds[0] ?? '';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'sandbox';
  process.env['AWS_REGION'] = 'eu-west-1';
  const clock = { now: () => Date.now() };
  const settings: Settings = {
    teamId: 'TOURS',
    timing: { ...FAST_TIMING, ...options.timing },
    environments: [policy(options.policy)],
    zones: fleet.zones.map((z) => ({
      name: z.name,
      accountId: z.accountId,
      environment: 'test',
      regions: z.regions,
      patchEnabled: options.patchEnabled ?? true,
      include: { tags: [], namePattern: null, instanceIds: [] },
      exclude: { tags: [], namePattern: null, instanceIds: [] },
      protectedTags: [],
      confirmAbove: 1000,
      othersPatchHere: false,
    })),
  };
  const database = openStore({
    path: join(folder, 'patchday.sqlite'),
    now: clock.now,
    anchors: join(folder, 'audit-anchors.txt'),
    hooks: options.commitHooks,
  });
  const { store } = database;
  const people = new People();
  const errors: unknown[] = [];
  const ownInstanceIds = options.ownInstanceIds ?? (() => []);
  const aws = createAws({
    ownInstanceIds,
    zones: fleet.zones.map((z) => {
      const access = accessTo(z);
      return options.access?.(access) ?? access;
    }),
    apiTimeoutMs: options.apiTimeoutMs ?? 2000,
    clock,
    paceScale: 1000,
    ...(options.awsHooks ? { hooks: options.awsHooks } : {}),
  });
  const host = new EmbeddedHost(
    {
      aws,
      checks: createApplicationChecks(),
      directory: people,
      store,
      clock,
      ids: randomIds,
      settings,
      ownInstanceIds,
      ...(options.clockTrouble ? { clockTrouble: options.clockTrouble } : {}),
      writeReport: async () => {},
      view: (runId) => view({ store }, runId),
    },
    { error: (details) => errors.push(details['err']) },
  );
  const service = createPatchService({
    store,
    aws,
    directory: people,
    clock,
    ids: randomIds,
    settings,
    kick: (runId) => host.kick(runId),
    kickAll: () => host.kickAll(),
  });
  const see = (runId: string): RunView => {
    const seen = view({ store }, runId);
    if (!seen) throw new Error(`no run ${runId}`);
    return seen;
  };
  const reaches: Harness['reaches'] = async (runId, check, what, within = 15_000) => {
    try {
      return await until(
        () => {
          const seen = see(runId);
          if (check(seen)) return seen;
          if (seen.run.phase === 'ended') throw new Error('the run ended before');
          return false;
        },
        { within, describe: what },
      );
    } catch (error) {
      const { run, targets } = see(runId);
      throw new Error(
        `${what}: ${error instanceof Error ? error.message : ''}; phase ${run.phase} ${run.endReason} ${JSON.stringify(run.failedZones)}; ${JSON.stringify(run.because)}; ${targets.map((t) => `${t.instance.name}:${t.stage}:${t.outcome}`).join(' ')}; ${errors.map(String).join('; ')}`,
      );
    }
  };
  const stopBot = async () => {
    await host.drain();
    store.commits.flush();
    database.close();
  };
  return {
    sim,
    store,
    service,
    host,
    people,
    settings,
    folder,
    errors,
    view: see,
    async scan(changes = {}, who = 'UREQ') {
      const answer = await service.scan(actor(who), {
        scope: { name: 'test', pattern: null, tags: [], platform: null, regions: [], only: null },
        options: {
          fresh: false,
          dryRun: false,
          backupOnly: false,
          now: true,
          at: null,
          until: null,
          ...changes,
        },
      });
      if (!answer.ok) throw new Error(answer.text);
      return answer.value.runId;
    },
    async approve(runId, who = 'UAPP') {
      const planned = await reaches(runId, (v) => v.run.phase === 'await_approval', 'the plan');
      return service.approve(actor(who), { runId, planHash: planned.run.planHash ?? '' });
    },
    ended: (runId, within) => reaches(runId, (v) => v.run.phase === 'ended', 'the end of the run', within),
    reaches,
    stopBot,
    async close() {
      await stopBot();
      await sim.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
