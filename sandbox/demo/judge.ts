/** Did every instance end as the fleet says it must, and was nothing done twice? Pure. */
import type { ReportJson } from '../../src/report/json-format.ts';
import type { InstanceSnapshot } from '../aws/control-instances.ts';
import type { LedgerEntry } from '../aws/ledger.ts';

export interface Difference {
  name: string;
  landingZone: string;
  expected: string;
  /** Why the fleet expects it. */
  because: string;
  /** What the report says; "not in the report" when there is no line of it. */
  got: string;
  /** The report's own reason. */
  reason: string;
}

export interface Judgement {
  passed: number;
  differences: Difference[];
}

/** Compares the simulated instances of the run's environment with its report, instance by instance. */
export function judgeOutcomes(instances: readonly InstanceSnapshot[], report: ReportJson): Judgement {
  const reported = new Map(
    report.targets.map((target) => [`${target.accountId}/${target.region}/${target.instanceId}`, target]),
  );
  const differences = instances.flatMap((instance): Difference[] => {
    const target = reported.get(`${instance.accountId}/${instance.region}/${instance.id}`);
    if (target?.outcome === instance.expected) return [];
    return [
      {
        name: instance.name,
        landingZone: instance.zone,
        expected: instance.expected,
        because: instance.why,
        got: target ? (target.outcome ?? 'no outcome') : 'not in the report',
        reason: target?.outcomeReason ?? '',
      },
    ];
  });
  return { passed: instances.length - differences.length, differences };
}

/** In words, every instance that was patched more often than once, by the ledger and on the machine itself. */
export function doublePatching(
  ledger: readonly LedgerEntry[],
  instances: readonly InstanceSnapshot[],
): string[] {
  const sent = new Map<string, number>();
  for (const { operation, outcome, params } of ledger) {
    if (operation !== 'SendCommand' || outcome !== 'effect' || params['Operation'] !== 'Install') continue;
    for (const id of (params['instanceIds'] ?? '').split(',')) sent.set(id, (sent.get(id) ?? 0) + 1);
  }
  return instances.flatMap(({ id, name, counters }) => {
    const times = sent.get(id) ?? 0;
    return [
      ...(times > 1 ? [`${name} (${id}) was sent ${times} install commands`] : []),
      ...(counters.installs > 1 ? [`${name} (${id}) ran ${counters.installs} installs`] : []),
      ...(counters.patchRaces > 0
        ? [`on ${name} (${id}) two patch commands met ${counters.patchRaces} times`]
        : []),
    ];
  });
}
