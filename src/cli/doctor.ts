import { createOwnHost, examineAws } from '../aws/index.ts';
import { configPath, loadConfig } from '../config/load.ts';
import { readSecrets, secretValues } from '../config/secrets.ts';
import { toSettings } from '../config/settings.ts';
import type { Finding } from '../ops/finding.ts';
import { createLogger } from '../ops/log.ts';
import { createScrubber } from '../ops/scrub.ts';
import { examineSlack } from '../slack/doctor.ts';
import type { CliContext } from './commands.ts';

const MARKS: Readonly<Record<Finding['status'], string>> = {
  ok: 'ok      ',
  warning: 'warning ',
  missing: 'MISSING ',
  unknown: 'unknown ',
};

/** Looks at everything the first run needs and names what is missing. 0 = nothing missing, 1 = something is. Changes nothing. */
export async function doctor({ configFlag, env, json, out, err }: CliContext): Promise<number> {
  const path = configPath(configFlag, env);
  const loaded = loadConfig(path, env);
  const secrets = readSecrets(env);
  const findings: Finding[] = [];
  if (!loaded.ok)
    findings.push(
      ...loaded.problems.map((p): Finding => ({ name: 'configuration', status: 'missing', text: p.text })),
    );
  if (!secrets.ok)
    findings.push(
      ...secrets.problems.map((p): Finding => ({ name: 'secrets', status: 'missing', text: p.text })),
    );
  if (loaded.ok) {
    findings.push({ name: 'configuration', status: 'ok', text: `${path} is good.` });
    findings.push(
      ...loaded.warnings.map((p): Finding => ({ name: 'configuration', status: 'warning', text: p.text })),
    );
    const { config } = loaded;
    const log = createLogger({ level: 'fatal', secrets: secretValues(env) });
    const clock = { now: () => Date.now() };
    if (secrets.ok) {
      findings.push(
        ...(await examineSlack({
          botToken: secrets.secrets.slackBotToken,
          appToken: secrets.secrets.slackAppToken,
          apiUrl: env['SLACK_API_URL'],
          teamId: config.workspace,
          environments: toSettings(config).environments,
          log,
        })),
      );
    }
    const host = await createOwnHost({ configured: config.ownInstanceIds, env }).look();
    findings.push({
      name: 'own host',
      status: host.state === 'unknown' ? 'warning' : 'ok',
      text: host.text,
    });
    findings.push(
      ...(await examineAws({
        zones: config.landingZones,
        apiTimeoutMs: config.timing.apiTimeout,
        clock,
        log,
      })),
    );
  }
  const scrub = createScrubber(secretValues(env));
  const missing = findings.filter((f) => f.status === 'missing').length;
  if (json) out(scrub(JSON.stringify({ missing, findings }, null, 2)));
  else {
    for (const f of findings) out(scrub(`${MARKS[f.status]} ${f.name}: ${f.text}`));
    const summary = scrub(summaryOf(findings));
    if (missing > 0) err(summary);
    else out(summary);
  }
  return missing > 0 ? 1 : 0;
}

/** The counts, and by name what is missing: the list above it may be long. */
function summaryOf(findings: readonly Finding[]): string {
  const of = (status: Finding['status']) => findings.filter((f) => f.status === status);
  const warnings = of('warning').length;
  const unknown = of('unknown').length;
  const names = [...new Set(of('missing').map((f) => f.name))];
  const counts = [
    `${of('ok').length} ok`,
    `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
    `${of('missing').length} missing${names.length > 0 ? ` (${names.join(', ')})` : ''}`,
    ...(unknown > 0 ? [`${unknown} that only a first run can show`] : []),
  ];
  return `${counts.join(', ')}. Nothing was changed.`;
}
