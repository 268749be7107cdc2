/** Cross-checks: what is wrong although every single value is allowed. */

import { lintEnvironment } from './lint-environment.ts';
import { mismatchedEnvironment } from './naming.ts';
import { nearest } from './nearest.ts';
import { type Problem, pathText, problem, type Report, shown } from './problem.ts';
import type { Lintable } from './salvage.ts';
import type { Config, LandingZone } from './schema.ts';
import { formatDuration } from './units.ts';

/** All cross-checks over a configuration, or over what is right in one that has mistakes. */
export function lint(
  config: Config | Lintable,
  lineOf: (path: readonly PropertyKey[]) => number | null,
): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, what) =>
    problems.push(problem({ path: pathText(path), line: lineOf(path), ...what }));

  if (config.timing) lintTiming(config.timing, report);
  const names = Object.keys(config.environments);
  for (const [name, environment] of Object.entries(config.environments)) {
    if (name === 'all')
      report(['environments', name], {
        found: 'the name "all"',
        allowed: 'any other name; "all" means everything in commands such as /patch freeze all',
      });
    lintEnvironment(name, environment, config.timing, report);
    if (!config.landingZones.some((zone) => zone.environment === name))
      report(['environments', name], {
        found: 'an environment without landing zones',
        allowed: `at least one entry in landing_zones with environment: ${name}`,
      });
  }
  for (const [index, zone] of config.landingZones.entries()) {
    lintZone(zone, ['landing_zones', index], names, report);
    lintRepeated(config.landingZones, index, report, lineOf);
  }
  return problems;
}

function lintTiming(timing: Config['timing'], report: Report): void {
  if (timing.effectGrace <= timing.apiTimeout)
    report(['timing', 'effect_grace'], {
      found: `${formatDuration(timing.effectGrace)}, which is not longer than api_timeout (${formatDuration(timing.apiTimeout)})`,
      allowed:
        'longer than api_timeout: while a call may still be under way, not finding its effect proves nothing',
    });
  for (const [poll, every, limit, longest] of [
    ['poll_images', timing.pollImages, 'backup_timeout', timing.backupTimeout],
    ['poll_commands', timing.pollCommands, 'install_worst_case', timing.installWorstCase],
    ['poll_power', timing.pollPower, 'start_timeout', timing.startTimeout],
  ] as const)
    if (every >= longest)
      report(['timing', poll], {
        found: `${formatDuration(every)}, which is not shorter than ${limit} (${formatDuration(longest)})`,
        allowed: `shorter than ${limit}, or the time is up before anybody looked`,
      });
}

function lintZone(
  zone: Partial<LandingZone>,
  at: readonly PropertyKey[],
  environments: readonly string[],
  report: Report,
): void {
  const { name, environment, accountId } = zone;
  if (environment !== undefined && !environments.includes(environment)) {
    const close = nearest(environment, environments);
    report([...at, 'environment'], {
      found: `the unknown environment ${shown(environment)}`,
      allowed: environments.length > 0 ? `one of ${environments.join(', ')}` : 'one of the environments',
      ...(close === null ? {} : { hint: `Did you mean ${close}?` }),
    });
  } else if (name !== undefined && environment !== undefined) {
    const other = mismatchedEnvironment(name, environment, environments);
    if (other !== null)
      report([...at, 'environment'], {
        found: `environment ${environment} for a landing zone named ${shown(name)}, which says ${other}`,
        allowed: 'a name that does not say another environment',
        hint: `Correct the environment, or rename the landing zone`,
      });
  }
  if (name === 'all' || (name !== undefined && environments.includes(name)))
    report([...at, 'name'], {
      found: name === 'all' ? 'the name "all"' : `${shown(name)}, which is also the name of an environment`,
      allowed: 'a name of its own, so that /patch scan <name> has one meaning',
    });
  for (const key of ['readRoleArn', 'patchRoleArn'] as const) {
    const arn = zone[key];
    const account = arn?.split(':')[4];
    if (arn && accountId !== undefined && account !== accountId)
      report([...at, key === 'readRoleArn' ? 'read_role_arn' : 'patch_role_arn'], {
        found: `a role in account ${account}`,
        allowed: `a role in the account of this landing zone, ${accountId}`,
      });
  }
  if (zone.patchEnabled === true && zone.patchRoleArn === null)
    report([...at, 'patch_role_arn'], {
      found: 'nothing, although patch_enabled is true',
      allowed: 'the ARN of the role for changing; or patch_enabled: false',
    });
  if (zone.patchRoleArn && zone.patchRoleArn === zone.readRoleArn)
    report([...at, 'patch_role_arn'], {
      severity: 'warning',
      found: 'the same role as read_role_arn',
      allowed: 'a role of its own, so that looking can never change anything',
    });
  for (const [index, region] of (zone.regions ?? []).entries())
    if (zone.regions?.indexOf(region) !== index)
      report([...at, 'regions', index], { found: `${region} a second time`, allowed: 'each region once' });
}

/** Landing zones are told apart by name and by account: a run locks one by its name, and works in one account. */
function lintRepeated(
  zones: readonly Partial<LandingZone>[],
  index: number,
  report: Report,
  lineOf: (path: readonly PropertyKey[]) => number | null,
): void {
  for (const [key, field, word] of [
    ['name', 'name', 'name'],
    ['accountId', 'account_id', 'account'],
  ] as const) {
    const value = zones[index]?.[key];
    if (value === undefined) continue;
    const first = zones.findIndex((zone) => zone[key] === value);
    if (first === index) continue;
    const line = lineOf(['landing_zones', first, field]);
    report(['landing_zones', index, field], {
      found: `the ${word} ${shown(value)}, which landing_zones[${first}]${line === null ? '' : ` in line ${line}`} has already`,
      allowed: `each ${word} once`,
    });
  }
}
