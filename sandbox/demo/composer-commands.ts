/** What the composer of the Slack page completes: the bot's own command table and the names of the fleet. */
import { COMMANDS, usageHint } from '../../src/slack/command-table.ts';
import type { FleetDefinition } from '../aws/fleet/fleet.ts';
import type { PageCommand } from '../slack/page-api.ts';

export function composerCommands(fleet: FleetDefinition): PageCommand[] {
  const environments = [...new Set(fleet.zones.map((zone) => zone.environment))];
  const scopes = [...environments, ...fleet.zones.map((zone) => zone.name)];
  const suggestions = COMMANDS.flatMap(({ name, usage }) => {
    if (name === 'scan') return scopes.flatMap((scope) => scanLines(scope, environments.includes(scope)));
    if (/^\w+ <environment\|/.test(usage)) return scopes.map((scope) => `${name} ${scope}`);
    return usage === `${name} all` || usage.startsWith(`${name} all `) ? [`${name} all`] : [name];
  });
  return [
    {
      command: '/patch',
      description: 'Scan and patch instances',
      usageHint: usageHint(),
      suggestions: suggestions.map((line) => `/patch ${line}`),
    },
  ];
}

function scanLines(scope: string, isEnvironment: boolean): string[] {
  const plain = `scan ${scope}`;
  return isEnvironment
    ? [plain, `${plain} --now`, `${plain} --dry-run`, `${plain} --fresh`, `${plain} --backup-only`]
    : [plain];
}
