/** What the bot does by the clock, and what it must know before it begins: done by the tasks that it gave to cron. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import cron, { type ScheduledTask } from 'node-cron';
import { afterEach, describe, expect, it } from 'vitest';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { startMetadataService } from '../../sandbox/aws/metadata.ts';
import { startAwsSimulator } from '../../sandbox/aws/server.ts';
import { ANCHOR_FILE, readAnchors } from '../../src/store/anchor-file.ts';
import { startTeam, type Team, type TeamOptions } from './team.ts';

const closers: (() => Promise<unknown>)[] = [];
let team: Team | null = null;
afterEach(async () => {
  await team?.close();
  team = null;
  for (const close of closers.splice(0)) await close();
});

/** Of other bots in this process. */
let others = new Set<string>();

async function start(options: TeamOptions): Promise<Team> {
  others = new Set(cron.getTasks().keys());
  team = await startTeam(options);
  return team;
}

/** The tasks of the bot that wait for their time. */
function tasks(): ScheduledTask[] {
  return [...cron.getTasks()].flatMap(([id, one]) => (others.has(id) ? [] : [one]));
}

/** The one task of the bot that falls on exactly these of the minutes of a day. */
function task(every: 'minute' | 'hour'): ScheduledTask {
  const midnight = new Date(2026, 10, 21).getTime();
  const day = Array.from({ length: 24 * 60 }, (_, n) => new Date(midnight + n * 60_000));
  const found = tasks().filter((one) =>
    day.every((at) => one.match(at) === (every === 'minute' || at.getMinutes() === 0)),
  );
  if (!found[0] || found.length > 1) throw new Error(`${found.length} tasks fall on every ${every}`);
  expect(found[0].getStatus()).toBe('idle');
  return found[0];
}

/** Ids do not depend on the simulator's start, so a first one says which it will be. */
async function ownId(fleet: TeamOptions['fleet']): Promise<string> {
  const preview = await startAwsSimulator({ fleet });
  const { id } = preview.control.instance('linux-1');
  await preview.close();
  return id;
}

/** A metadata service that is silent until the test says which instance it is. */
async function silentMetadata() {
  const options: { instanceId: string | null } = { instanceId: null };
  const service = await startMetadataService(options);
  closers.push(service.close);
  return { url: service.url, speak: (id: string) => Object.assign(options, { instanceId: id }) };
}

describe('every hour', () => {
  it('the head of the audit is written to the file and told in the thread, whatever happened since', async () => {
    const t = await start({ fleet: smallFleet({ linux: 1 }) });
    const file = join(t.folder, 'reports', ANCHOR_FILE);
    const runId = await t.scan('priya');
    await t.toApprove(runId);
    // Nothing ends, so nothing but the hour brings the head out.
    await t.say('olga', 'scan test');
    const [head] = t.rows<{ seq: number; hash: string }>(
      'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1',
    );
    expect(readAnchors(file).map((anchor) => anchor.hash)).not.toContain(head?.hash);
    await task('hour').execute();
    expect(readAnchors(file).at(-1)).toMatchObject({ seq: head?.seq, hash: head?.hash });
    await t.told(runId, `Audit head: \`${head?.seq}:${head?.hash}\``);
  });

  it('and minute, nothing is done any more once the bot was stopped', async () => {
    const t = await start({ fleet: smallFleet({ linux: 1 }) });
    expect(tasks()).toHaveLength(2);
    await t.stopBot();
    expect(tasks()).toEqual([]);
  });
});

describe('the instance that the bot runs on', () => {
  it('is asked for again every minute until it is known, and is in no plan from then on', async () => {
    const fleet = smallFleet({ linux: 2 });
    const metadata = await silentMetadata();
    const t = await start({ fleet, metadataUrl: metadata.url, speed: 1000 });
    metadata.speak(await ownId(fleet));
    await task('minute').execute();
    const runId = await t.scan('priya');
    await t.toApprove(runId);
    const waves = t.rows<{ name: string; wave: number | null }>(
      "SELECT data ->> '$.instance.name' AS name, data ->> '$.wave' AS wave FROM targets WHERE run_id = ? ORDER BY name",
      runId,
    );
    expect(waves).toEqual([
      { name: 'linux-1', wave: null },
      { name: 'linux-2', wave: 1 },
    ]);
  });

  it('is not touched either when it becomes known between the last look at it and the change', async () => {
    const fleet = smallFleet({ linux: 1 });
    const id = await ownId(fleet);
    const metadata = await silentMetadata();
    let imaged = false;
    let learned = 0;
    const t = await start({
      fleet,
      metadataUrl: metadata.url,
      speed: 1000,
      awsArrivals: {
        async arrived({ what }) {
          imaged ||= what === 'ec2 CreateImage';
          // The question right before a command is sent; the workflow has looked for the own host before it.
          if (!imaged || what !== 'ssm ListCommandInvocations' || learned > 0) return true;
          learned++;
          metadata.speak(id);
          await task('minute').execute();
          return true;
        },
        answered: () => undefined,
      },
    });
    await t.ended(await t.approvedRun());
    expect(learned).toBe(1);
    expect(t.mutations()).toEqual(['CreateImage']);
  });

  it('is known, as far as it can be, before the bot connects to Slack', async () => {
    const connecting = () =>
      team?.slack.control.calls().filter((c) => c.method === 'apps.connections.open').length;
    const whenAnswered: unknown[] = [];
    const metadata = createServer((request, response) => {
      request.resume();
      // Long enough for a bot that does not wait, and less than the second that is waited.
      setTimeout(() => {
        whenAnswered.push(connecting());
        response.writeHead(404).end();
      }, 600);
    });
    await new Promise<void>((listening) => metadata.listen(0, '127.0.0.1', listening));
    closers.push(() => new Promise((closed) => metadata.close(closed)));
    const metadataUrl = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`;
    const t = await start({ fleet: smallFleet({ linux: 1 }), metadataUrl, bot: 'none' });
    await t.startBot();
    expect(whenAnswered[0]).toBe(0);
    expect(connecting()).toBeGreaterThan(0);
  });
});
