import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../sandbox/aws/ledger.ts';
import { startAwsSimulator } from '../../sandbox/aws/server.ts';
import { doublePatching, judgeOutcomes } from '../../sandbox/demo/judge.ts';
import type { ReportJson } from '../../src/report/json-format.ts';
import { smallProd } from './support.ts';

async function instances() {
  const aws = await startAwsSimulator({ fleet: smallProd() });
  const all = aws.control.instances();
  await aws.close();
  return all;
}

/** As much of a report as is judged. */
function reportOf(targets: Partial<ReportJson['targets'][number]>[]): ReportJson {
  return { targets } as ReportJson;
}

function install(ids: string, changes: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    seq: 1,
    time: 0,
    accountId: '333300000001',
    region: 'eu-west-1',
    service: 'ssm',
    operation: 'SendCommand',
    caller: 'PatchdayPatch',
    params: { instanceIds: ids, Operation: 'Install' },
    outcome: 'effect',
    error: null,
    answerDelivered: true,
    result: {},
    ...changes,
  };
}

describe('the judgement of a run', () => {
  it('passes the instances that ended as expected, and names the others with both outcomes', async () => {
    const [first, second, third, fourth] = await instances();
    if (!first || !second || !third || !fourth) throw new Error('four instances');
    const line = ({ accountId, region, id }: typeof first) => ({ accountId, region, instanceId: id });
    const report = reportOf([
      { ...line(first), outcome: 'patched', outcomeReason: '' },
      { ...line(second), outcome: 'failed', outcomeReason: 'exit code 1' },
      { ...line(third), outcome: null, outcomeReason: '' },
    ]);

    const judged = judgeOutcomes([first, second, third, fourth], report);

    expect(judged.passed).toBe(1);
    expect(
      judged.differences.map(({ name, expected, got, reason }) => [name, expected, got, reason]),
    ).toEqual([
      [second.name, 'patched', 'failed', 'exit code 1'],
      [third.name, 'patched', 'no outcome', ''],
      [fourth.name, 'patched', 'not in the report', ''],
    ]);
  });

  it('finds an instance that was sent two installs, in whichever batches', async () => {
    const all = await instances();
    const [a, b] = all;
    if (!a || !b) throw new Error('instances');

    expect(doublePatching([install(`${a.id},${b.id}`)], all)).toEqual([]);
    expect(
      doublePatching(
        [
          install(`${a.id},${b.id}`),
          install(b.id),
          install(a.id, { outcome: 'throttled' }),
          install(a.id, { params: { instanceIds: a.id, Operation: 'Scan' } }),
        ],
        all,
      ),
    ).toEqual([`${b.name} (${b.id}) was sent 2 install commands`]);
  });

  it('finds an install that ran twice and commands that met on the machine', async () => {
    const [a] = await instances();
    if (!a) throw new Error('instances');
    const worn = { ...a, counters: { ...a.counters, installs: 2, patchRaces: 1 } };

    expect(doublePatching([], [worn])).toEqual([
      `${a.name} (${a.id}) ran 2 installs`,
      `on ${a.name} (${a.id}) two patch commands met 1 times`,
    ]);
  });
});
