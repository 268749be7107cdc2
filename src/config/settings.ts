/** The configuration as the workflow wants it: its own words, and nothing of Slack, AWS roles or files. */
import type { EnvironmentPolicy, SelectionRule, Settings, ZonePolicy } from '../workflow/settings.ts';
import type { Config, Environment, LandingZone } from './schema.ts';
import type { TagRule } from './schema-landing-zone.ts';

export function toSettings(config: Config): Settings {
  return {
    teamId: config.workspace,
    timing: config.timing,
    environments: Object.values(config.environments).map(environmentPolicy),
    zones: config.landingZones.map(zonePolicy),
  };
}

function environmentPolicy(environment: Environment): EnvironmentPolicy {
  const { name, timeZone, requesters, approvers, approvalsRequired, approvalTtl, start } = environment;
  return {
    name,
    channelId: environment.channel,
    timeZone,
    requesters,
    approvers,
    approvalsRequired,
    approvalTtl,
    startDefault: start.default,
    window: start.window,
    backup: environment.backup,
    reboot: environment.reboot,
    waveSize: environment.wave.size,
    failureBudget: environment.failureBudget,
    runLengthLimit: environment.runLengthLimit,
    stoppedInstances: environment.stoppedInstances,
    batchSize: environment.batchSize,
    checks: environment.verify.checks,
  };
}

function zonePolicy(zone: LandingZone): ZonePolicy {
  const { name, accountId, environment, regions, patchEnabled, confirmAbove, othersPatchHere } = zone;
  return {
    name,
    accountId,
    environment,
    regions,
    patchEnabled,
    include: selectionRule(zone.include),
    exclude: selectionRule(zone.exclude),
    protectedTags: pairs(zone.protectedTags),
    confirmAbove,
    othersPatchHere,
  };
}

function selectionRule(selection: LandingZone['include']): SelectionRule {
  return { ...selection, tags: pairs(selection.tags) };
}

function pairs(rules: readonly TagRule[]): { key: string; value: string }[] {
  return rules.flatMap(({ key, values }) => values.map((value) => ({ key, value })));
}
