import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { defaultFleet, smallFleet } from '../../sandbox/aws/fleet.ts';
import { GROUPS, USERS } from '../../sandbox/slack/default-workspace.ts';
import { DEFAULT_SCOPES } from '../../sandbox/slack/server.ts';
import { runCommandLine } from '../../src/cli/run.ts';
import { environment } from '../bot/bot-process.ts';
import { startTeam, type Team } from '../bot/team.ts';

interface Diagnosis {
  code: number;
  text: string;
  /** Lines that begin with MISSING. */
  missing: string[];
}

async function doctor(team: Team, args: string[] = [], env: Record<string, string> = {}): Promise<Diagnosis> {
  const all = { ...environment(team), ...env };
  // The AWS SDK reads the environment of the process itself.
  Object.assign(process.env, all);
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const code = await runCommandLine(['doctor', '--config', team.configFile, ...args], {
    env: all,
    out: say,
    err: say,
  });
  return { code, text: lines.join('\n'), missing: lines.filter((l) => l.startsWith('MISSING')) };
}

describe('patchday doctor, on the whole sandbox', () => {
  it('finds everything in order, and the one thing that patches by itself', async () => {
    const team = await startTeam({ fleet: defaultFleet(1), bot: 'none' });
    try {
      const { code, text, missing } = await doctor(team);
      expect(missing).toEqual([]);
      expect(code).toBe(0);
      for (const zone of ['payments-prod', 'retail-prod', 'payments-dev', 'shared-test'])
        expect(text).toContain(`ok       aws ${zone} ap-southeast-1 patch role: It may be assumed`);
      expect(text).toMatch(
        /^warning {2}aws payments-dev .*AWS-QuickSetup-SSMHostMgmt-ScanForPatches.*rate\(1 day\)/m,
      );
      expect(text).toContain('The first /patch scan retail-prod --fresh --dry-run shows it');
      expect(text).toMatch(
        /\d+ ok, 1 warning, 0 missing, \d+ that only a first run can show\. Nothing was changed\./,
      );
      expect(team.mutations()).toEqual([]);
      expect(team.slack.control.calls().filter((c) => c.method.startsWith('chat.'))).toEqual([]);
    } finally {
      await team.close();
    }
  });
});

describe('patchday doctor names', () => {
  let team: Team;
  let good: string;
  beforeAll(async () => {
    team = await startTeam({ fleet: smallFleet({ linux: 1 }), bot: 'none' });
    good = readFileSync(team.configFile, 'utf8');
  });
  afterAll(() => team.close());
  afterEach(() => {
    writeFileSync(team.configFile, good);
    team.slack.control.setScopes([...DEFAULT_SCOPES]);
    team.slack.control.setGroup(GROUPS.approvers, [USERS.aisha, USERS.tom]);
    team.slack.control.clearFaults();
    team.aws.control.clearFaults();
  });

  // biome-ignore lint/suspicious/noExplicitAny: a test changes any place of a parsed document
  const configure = (change: (config: any) => void) => {
    const config = parse(good);
    change(config);
    writeFileSync(team.configFile, stringify(config));
  };

  it('a scope that the bot token lacks', async () => {
    team.slack.control.setScopes(DEFAULT_SCOPES.filter((s) => s !== 'files:write'));
    const { code, missing, text } = await doctor(team);
    expect(code).toBe(1);
    expect(missing).toHaveLength(1);
    expect(missing[0]).toMatch(/slack scopes: The bot token lacks files:write\. Add them under OAuth/);
    expect(text).toMatch(/1 missing \(slack scopes\)/);
  });

  it('tokens that Slack does not take, without repeating them', async () => {
    const wrong = { SLACK_BOT_TOKEN: 'xoxb-wrong-token-1', SLACK_APP_TOKEN: 'xapp-wrong-token-1' };
    const { code, missing, text } = await doctor(team, [], wrong);
    expect(code).toBe(1);
    expect(missing[0]).toMatch(/slack bot token: Slack did not accept the bot token \(invalid_auth\)/);
    expect(text).not.toContain('wrong-token');
    const app = await doctor(team, [], { SLACK_APP_TOKEN: 'xapp-wrong-token-1' });
    expect(app.missing[0]).toMatch(/slack app token: Socket Mode cannot be opened .*connections:write/);
    const none = await doctor(team, [], { SLACK_BOT_TOKEN: '' });
    expect(none.missing[0]).toMatch(/secrets: SLACK_BOT_TOKEN: found nothing/);
    expect(none.text).toContain('ok       aws small-test');
  });

  it('the workspace, when the token belongs to another one', async () => {
    configure((c) => {
      c.workspace = 'T0OTHERONE';
    });
    expect((await doctor(team)).missing[0]).toMatch(
      /slack workspace: The bot token belongs to the workspace T0NORTHWND, but the configuration says T0OTHERONE/,
    );
  });

  it('a group that cannot be read, and an environment in which nobody can approve', async () => {
    configure((c) => {
      c.environments.test.approvers = { groups: ['S0NOTTHERE'] };
    });
    const { missing } = await doctor(team);
    expect(missing[0]).toMatch(
      /slack group S0NOTTHERE: The group of the approvers of test cannot be read \(no_such_subteam\)/,
    );
    expect(missing[1]).toContain('slack people test: Nobody can approve in test.');
    team.slack.control.setGroup(GROUPS.approvers, []);
    writeFileSync(team.configFile, good);
    const empty = await doctor(team);
    expect(empty.text).toContain('The group of the approvers of test is empty');
    expect(empty.missing).toHaveLength(1);
  });

  it('the only approver, who may also request', async () => {
    team.slack.control.setGroup(GROUPS.approvers, [USERS.priya]);
    const { code, text } = await doctor(team);
    expect(code).toBe(0);
    expect(text).toMatch(
      /warning .*The only approver of test may also request, and nobody approves their own run/,
    );
  });

  it('a wrong external id: the role cannot be assumed', async () => {
    configure((c) => {
      c.landing_zones[0].external_id = 'not-the-one';
    });
    const { code, missing } = await doctor(team);
    expect(code).toBe(1);
    expect(missing).toHaveLength(1);
    expect(missing[0]).toMatch(/aws small-test eu-west-1 read role: .*PatchdayRead.*external id/);
  });

  it('the instance that it runs on, or that it is not known', async () => {
    configure((c) => {
      c.own_instance_ids = ['i-0123456789abcdef0'];
    });
    expect((await doctor(team)).text).toContain(
      'ok       own host: Patchday runs on i-0123456789abcdef0 (as own_instance_ids says) and refuses to patch it.',
    );
  });

  it('a role that does not exist', async () => {
    configure((c) => {
      c.landing_zones[0].patch_role_arn = 'arn:aws:iam::333300000001:role/Mistyped';
    });
    const { missing } = await doctor(team);
    expect(missing).toHaveLength(1);
    expect(missing[0]).toMatch(/aws small-test eu-west-1 patch role: .*Mistyped/);
  });

  it('an account that is not the one of the roles', async () => {
    configure((c) => {
      c.landing_zones[0].account_id = '444400000004';
    });
    const { code, missing } = await doctor(team);
    expect(code).toBe(1);
    expect(missing.join('\n')).toMatch(/444400000004/);
    expect(missing.join('\n')).toMatch(/333300000001/);
  });

  it('a permission that the read role has lost', async () => {
    team.aws.control.fault({
      operation: 'DescribeInstancePatchStates',
      when: 'before',
      kind: 'denied',
      times: 'always',
    });
    const { code, missing } = await doctor(team);
    expect(code).toBe(1);
    expect(missing).toHaveLength(1);
    expect(missing[0]).toMatch(/aws small-test eu-west-1 read role: .*ssm:DescribeInstancePatchStates/);
  });

  it('a permission that the patch role has lost', async () => {
    team.aws.control.fault({ operation: 'CreateImage', when: 'before', kind: 'denied', times: 'always' });
    const { code, missing } = await doctor(team);
    expect(code).toBe(1);
    expect(missing).toHaveLength(1);
    expect(missing[0]).toMatch(
      /aws small-test eu-west-1 ec2:CreateImage: ec2:CreateImage is not allowed on i-\w+.*deploy\/spoke/,
    );
  });

  it('all mistakes of the configuration, before anything is asked', async () => {
    configure((c) => {
      c.environments.test.wave = { size: 0 };
      c.landing_zones[0].environment = 'tset';
    });
    const asked = team.slack.control.calls().length;
    const { code, missing } = await doctor(team);
    expect(code).toBe(1);
    expect(missing.length).toBeGreaterThanOrEqual(2);
    expect(missing.join('\n')).toMatch(/environments\.test\.wave\.size/);
    expect(missing.join('\n')).toMatch(/tset/);
    expect(team.slack.control.calls().length).toBe(asked);
  });

  it('the same as JSON for machines', async () => {
    team.aws.control.fault({ operation: 'CreateImage', when: 'before', kind: 'denied', times: 'always' });
    const { code, text } = await doctor(team, ['--json']);
    expect(code).toBe(1);
    const { missing, findings } = JSON.parse(text);
    expect(missing).toBe(1);
    expect(findings).toContainEqual(
      expect.objectContaining({ status: 'missing', name: 'aws small-test eu-west-1 ec2:CreateImage' }),
    );
  });

  it('AWS credentials that are not there', async () => {
    const { code, missing } = await doctor(team, [], { AWS_ACCESS_KEY_ID: 'AKIANOBODYKNOWSTHIS0' });
    expect(code).toBe(1);
    expect(missing[0]).toMatch(/aws small-test eu-west-1 read role/);
  });
});
