/** The whole bot against both simulators, for proofs about what it says: starts it, hands it out, ends it. */
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { startTeam, type Team, type TeamOptions } from '../bot/team.ts';
import { until } from '../support/until.ts';

export async function withTeam<T>(
  fleet: FleetDefinition,
  options: Omit<TeamOptions, 'fleet'>,
  use: (team: Team) => Promise<T>,
): Promise<T> {
  const team = await startTeam({ fleet, ...options });
  try {
    return await use(team);
  } finally {
    await team.close();
  }
}

/** Once all that there was to say is in Slack: the reports, too. */
export async function caughtUp(team: Team): Promise<void> {
  const unsent = () =>
    team.rows<{ n: number }>("SELECT count(*) AS n FROM outbox WHERE state IN ('pending', 'sending')")[0]?.n;
  await until(() => unsent() === 0, { within: 20_000, describe: 'a thread that has caught up' });
}

/** Every byte that was uploaded to Slack, as text. */
export function uploads(team: Team): { name: string; text: string }[] {
  return team.slack.control
    .messages({ channel: team.channel })
    .flatMap((m) => m.files)
    .map((f) => ({ name: f.name, text: team.slack.control.file(f.id).toString('utf8') }));
}
