import { describe, expect, it } from 'vitest';
import { defaultFleet } from '../../sandbox/aws/fleet/default-fleet.ts';
import { composerCommands } from '../../sandbox/demo/composer-commands.ts';
import { type DemoConfigOptions, demoConfig, localTimeZone } from '../../sandbox/demo/config-file.ts';
import { FASTEST, SLOWEST, SPEED_HEADLESS, SPEED_TO_WATCH } from '../../sandbox/demo/timing.ts';
import { CHANNELS, GROUPS, TEAM } from '../../sandbox/slack/default-workspace.ts';
import { parseConfig } from '../../src/config/load.ts';
import { toSettings } from '../../src/config/settings.ts';
import { COMMANDS } from '../../src/slack/command-table.ts';
import { parseCommand } from '../../src/slack/parse.ts';
import { patchWorstCase } from '../../src/workflow/settings.ts';
import { nextWindow } from '../../src/workflow/zoned-time.ts';

const NOON = Date.UTC(2026, 10, 21, 12, 34, 56);

function config(changes: Partial<DemoConfigOptions> = {}): string {
  return demoConfig({
    fleet: defaultFleet(),
    team: TEAM,
    channels: CHANNELS,
    requesters: GROUPS.requesters,
    approvers: GROUPS.approvers,
    speed: SPEED_TO_WATCH,
    folder: '/tmp/demo',
    now: NOON,
    timeZone: 'Europe/Berlin',
    ...changes,
  });
}

function loaded(text: string) {
  const result = parseConfig(text, {});
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.text).join('\n'));
  return result;
}

describe('the configuration of the demo', () => {
  it.each([SLOWEST, 10, SPEED_TO_WATCH, SPEED_HEADLESS, FASTEST])(
    'is taken without a warning at speed %i',
    (speed) => {
      expect(loaded(config({ speed })).warnings).toEqual([]);
    },
  );

  it('has every landing zone of the fleet, with its roles and external id', () => {
    const { landingZones } = loaded(config()).config;

    expect(
      landingZones.map((zone) => [zone.name, zone.accountId, zone.environment, zone.externalId]),
    ).toEqual(
      defaultFleet().zones.map((zone) => [zone.name, zone.accountId, zone.environment, zone.externalId]),
    );
    for (const zone of landingZones) {
      expect(zone.patchRoleArn).toBe(`arn:aws:iam::${zone.accountId}:role/PatchdayPatch`);
      expect(zone.patchEnabled).toBe(true);
    }
  });

  it.each(['Europe/Berlin', 'UTC', 'Asia/Kolkata', 'Pacific/Kiritimati', localTimeZone()])(
    'has a prod window that is open when the demo starts and for hours after (%s)',
    (timeZone) => {
      const settings = toSettings(loaded(config({ timeZone })).config);
      const prod = settings.environments.find((environment) => environment.name === 'prod');
      if (!prod) throw new Error('no prod');

      expect(prod.startDefault).toBe('scheduled');
      for (const hours of [0, 1, 20]) {
        const at = NOON + hours * 3_600_000;
        expect(nextWindow(prod.window, timeZone, at, patchWorstCase(settings.timing)).start).toBe(at);
      }
    },
  );

  it('refuses an environment that has no channel', () => {
    expect(() => config({ channels: { prod: 'C0PATCHPRD' } })).toThrow('environment nonprod has no channel');
  });
});

describe('the completions of the composer', () => {
  it('are lines that the bot understands, or begin one that needs a run', () => {
    const fleet = defaultFleet();
    const names = {
      environments: ['prod', 'nonprod'],
      landingZones: fleet.zones.map((zone) => zone.name),
    };
    const [patch] = composerCommands(fleet);
    const lines = patch?.suggestions ?? [];
    const needMore = COMMANDS.filter(({ usage }) => /^\w+ </.test(usage)).map(({ name }): string => name);

    expect(lines).toContain('/patch scan prod');
    expect(lines).toContain('/patch scan payments-prod');
    expect(lines).toContain('/patch freeze all');
    for (const line of lines) {
      const typed = line.replace('/patch ', '');
      if (needMore.includes(typed)) continue;
      expect([line, parseCommand(typed, names).ok]).toEqual([line, true]);
    }
  });
});
