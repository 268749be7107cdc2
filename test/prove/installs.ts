/** Installs that AWS carried out, by the run whose tag they carried. */
import type { LedgerEntry } from '../../sandbox/aws/ledger.ts';
import { targetKey } from '../../src/workflow/instance.ts';
import { claimedRun } from '../../src/workflow/tag.ts';

export function isInstall({ operation, outcome, params }: LedgerEntry): boolean {
  return operation === 'SendCommand' && outcome === 'effect' && params['Operation'] === 'Install';
}

/** How often each run had an install sent to each instance: "run key" → times. */
export function installsByRun(ledger: readonly LedgerEntry[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { params, accountId, region } of ledger.filter(isInstall)) {
    for (const id of (params['instanceIds'] ?? '').split(',')) {
      const of = `${claimedRun(params['comment'] ?? '')} ${targetKey(accountId, region, id)}`;
      times.set(of, (times.get(of) ?? 0) + 1);
    }
  }
  return times;
}
