/** The app as Slack must be told about it (docs.slack.dev/reference/app-manifest): what it needs, nothing else. */
import { stringify } from 'yaml';
import { usageHint } from './command-table.ts';

/**
 * Bot scopes, each with the calls that need it:
 * commands (/patch, buttons and modals), chat:write (chat.postMessage, chat.update, chat.postEphemeral),
 * files:write (plans and reports), usergroups:read (usergroups.users.list), users:read (users.info).
 */
export const BOT_SCOPES = ['commands', 'chat:write', 'files:write', 'usergroups:read', 'users:read'] as const;

/** Of the app-level token, which is made by hand. */
export const APP_TOKEN_SCOPE = 'connections:write';

export function slackManifest() {
  return {
    display_information: {
      name: 'Patchday',
      description: 'Scans, backs up and patches EC2 instances, each run approved by a second person',
      background_color: '#1d3557',
    },
    features: {
      bot_user: { display_name: 'patchday', always_online: true },
      slash_commands: [
        {
          command: '/patch',
          description: 'Scan and patch EC2 instances',
          usage_hint: usageHint(),
          should_escape: false,
        },
      ],
    },
    oauth_config: { scopes: { bot: [...BOT_SCOPES] } },
    settings: {
      interactivity: { is_enabled: true },
      org_deploy_enabled: false,
      socket_mode_enabled: true,
      token_rotation_enabled: false,
    },
  };
}

/** slack-manifest.yaml */
export function slackManifestYaml(): string {
  return [
    '# Slack app manifest: api.slack.com/apps, "Create New App", "From a manifest".',
    `# Then make an app-level token with the scope ${APP_TOKEN_SCOPE}, and invite the bot to the channels.`,
    '# Made from src/slack/manifest.ts; edit there.',
    stringify(slackManifest(), { lineWidth: 0 }),
  ].join('\n');
}
