/** What Slack lets this bot do, asked before the first run. Changes nothing and posts nothing. */
import { WebClient } from '@slack/web-api';
import type { Finding } from '../ops/finding.ts';
import { clientOptions } from './clients.ts';
import type { SlackEnvironment } from './edge.ts';
import type { Log } from './log.ts';
import { BOT_SCOPES } from './manifest.ts';
import { classify } from './slack-errors.ts';

export interface SlackDoctorOptions {
  botToken: string;
  appToken: string;
  apiUrl?: string | undefined;
  teamId: string;
  environments: readonly SlackEnvironment[];
  log: Log;
}

const TIMEOUT = 10_000;

export async function examineSlack(options: SlackDoctorOptions): Promise<Finding[]> {
  const bot = new WebClient(options.botToken, clientOptions(options, 'doctor', TIMEOUT));
  const login = await examineToken(bot, options.teamId);
  if (login.some((f) => f.status === 'missing')) return login;
  const people: Finding[] = [];
  for (const environment of options.environments) people.push(...(await examinePeople(bot, environment)));
  const channels = options.environments.map(
    (e): Finding => ({
      name: `slack channel ${e.name}`,
      status: 'unknown',
      text: `Whether the bot is in ${e.channelId} cannot be seen with the scopes it has. Invite it there: /invite @patchday.`,
    }),
  );
  return [...login, await examineAppToken(options), ...people, ...channels];
}

async function examineToken(bot: WebClient, teamId: string): Promise<Finding[]> {
  try {
    const answer = await bot.auth.test();
    const findings: Finding[] = [];
    findings.push(
      answer.team_id === teamId
        ? { name: 'slack workspace', status: 'ok', text: `The bot token belongs to ${teamId}.` }
        : {
            name: 'slack workspace',
            status: 'missing',
            text: `The bot token belongs to the workspace ${answer.team_id}, but the configuration says ${teamId}. Correct one of them.`,
          },
    );
    const granted = answer.response_metadata?.scopes;
    if (!granted) {
      findings.push({
        name: 'slack scopes',
        status: 'unknown',
        text: 'Slack did not say which scopes the bot token has.',
      });
      return findings;
    }
    const lacking = BOT_SCOPES.filter((s) => !granted.includes(s));
    findings.push(
      lacking.length === 0
        ? { name: 'slack scopes', status: 'ok', text: `All scopes are granted: ${BOT_SCOPES.join(', ')}.` }
        : {
            name: 'slack scopes',
            status: 'missing',
            text: `The bot token lacks ${lacking.join(', ')}. Add them under OAuth & Permissions (or apply slack-manifest.yaml again) and reinstall the app.`,
          },
    );
    return findings;
  } catch (error) {
    return [
      {
        name: 'slack bot token',
        status: 'missing',
        text: `Slack did not accept the bot token (${classify(error).code}). Check SLACK_BOT_TOKEN and the way to Slack.`,
      },
    ];
  }
}

/** Asks for a Socket Mode address and does not use it. */
async function examineAppToken(options: SlackDoctorOptions): Promise<Finding> {
  const name = 'slack app token';
  try {
    await new WebClient(options.appToken, clientOptions(options, 'doctor', TIMEOUT)).apps.connections.open();
    return { name, status: 'ok', text: 'Socket Mode may be opened.' };
  } catch (error) {
    return {
      name,
      status: 'missing',
      text: `Socket Mode cannot be opened (${classify(error).code}). Check SLACK_APP_TOKEN, its scope connections:write, and that Socket Mode is switched on.`,
    };
  }
}

async function examinePeople(bot: WebClient, environment: SlackEnvironment): Promise<Finding[]> {
  const members = { requesters: new Set<string>(), approvers: new Set<string>() };
  const findings: Finding[] = [];
  for (const role of ['requesters', 'approvers'] as const) {
    const { groups, users } = environment[role];
    for (const user of users) members[role].add(user);
    for (const usergroup of groups) {
      const name = `slack group ${usergroup}`;
      try {
        const { users: found = [] } = await bot.usergroups.users.list({ usergroup });
        for (const user of found) members[role].add(user);
        findings.push(
          found.length > 0
            ? { name, status: 'ok', text: `${found.length} ${role} of ${environment.name}.` }
            : { name, status: 'warning', text: `The group of the ${role} of ${environment.name} is empty.` },
        );
      } catch (error) {
        findings.push({
          name,
          status: 'missing',
          text: `The group of the ${role} of ${environment.name} cannot be read (${classify(error).code}). Check its id; user groups need a paid Slack plan, else list users.`,
        });
      }
    }
  }
  const { requesters, approvers } = members;
  const name = `slack people ${environment.name}`;
  if (approvers.size === 0) {
    findings.push({ name, status: 'missing', text: `Nobody can approve in ${environment.name}.` });
  } else if (approvers.size === 1 && requesters.size > 0 && [...approvers].every((a) => requesters.has(a))) {
    findings.push({
      name,
      status: 'warning',
      text: `The only approver of ${environment.name} may also request, and nobody approves their own run.`,
    });
  } else {
    findings.push({
      name,
      status: 'ok',
      text: `${requesters.size} requesters and ${approvers.size} approvers in ${environment.name}.`,
    });
  }
  return findings;
}
