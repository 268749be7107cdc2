/**
 * Commands that somebody else sends with our role are told once, and never one of ours. The whole bot as a
 * process; the forger has a session of the patch role and real SDK clients.
 */
import type { FaultSpec } from '../../sandbox/aws/faults.ts';
import type { FleetDefinition } from '../../sandbox/aws/fleet/fleet.ts';
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { AwsSimulator } from '../../sandbox/aws/server.ts';
import { type DriveOptions, type DriveResult, drive } from '../crash/drive.ts';
import type { EndState } from '../crash/end-state.ts';
import { compare } from '../crash/verdict.ts';
import { type ForgedCommand, intruder } from '../support/intruder.ts';
import { type Case, type CaseResult, proofOfCases, seededRandom } from './cases.ts';

/** linux-3 is the forger's, so that what is forged there changes nothing on the others. */
const fleet = () => smallFleet({ linux: 3 });
const base = (): Pick<DriveOptions, 'environment' | 'within' | 'restartsAfterTheEnd'> => ({
  environment: 'test',
  within: 90_000,
  restartsAfterTheEnd: 2,
});

interface Forgery {
  name: string;
  code: string;
  /** `mark` is the comment of the run's first patch command. */
  forge(aws: AwsSimulator, mark: string): ForgedCommand;
  options?: Partial<DriveOptions>;
  faults?: readonly FaultSpec[];
}

const linux3 = (aws: AwsSimulator) => [aws.control.instance('linux-3').id];

const FORGERIES: readonly Forgery[] = [
  {
    name: 'forged-without-a-comment',
    code: 'unmarked_install',
    forge: (aws) => ({ instanceIds: linux3(aws) }),
  },
  {
    name: 'forged-with-another-comment',
    code: 'unmarked_install',
    forge: (aws) => ({ instanceIds: linux3(aws), comment: 'Monthly maintenance <!channel>' }),
  },
  {
    name: 'forged-with-the-mark-of-a-run-that-is-not',
    code: 'unknown_run',
    forge: (aws, mark) => ({
      instanceIds: linux3(aws),
      comment: mark.replace(/^patchday \S+/, 'patchday zzzzzz'),
    }),
  },
  {
    name: 'forged-with-the-mark-of-a-batch-that-is-not',
    code: 'unknown_batch',
    forge: (aws, mark) => ({ instanceIds: linux3(aws), comment: mark.replace(/#\d+/, '#99') }),
  },
  {
    name: 'forged-with-a-mark-that-was-used',
    code: 'sent_twice',
    forge: (aws, mark) => ({ instanceIds: linux3(aws), comment: mark }),
  },
  {
    name: 'forged-scan-with-a-mark',
    code: 'unknown_run',
    forge: (aws) => ({
      instanceIds: linux3(aws),
      comment: 'patchday doctor',
      parameters: { Operation: ['Scan'] },
    }),
  },
  {
    name: 'forged-in-a-run-that-is-killed',
    code: 'unknown_batch',
    forge: (aws, mark) => ({ instanceIds: linux3(aws), comment: mark.replace(/ a1$/, ' a7') }),
    options: { fatalPoint: 'SendCommand:after' },
  },
  {
    // Neither at the start nor at the end of the run; it is made up for later.
    name: 'forged-while-the-list-cannot-be-read',
    code: 'unmarked_install',
    forge: (aws) => ({ instanceIds: linux3(aws) }),
    faults: [{ operation: 'ListCommands', when: 'before', kind: 'denied', times: 2 }],
  },
];

/** Forges as soon as the bot has sent its first patch command. */
function forgery({ name, code, forge, options = {}, faults = [] }: Forgery): Case {
  return {
    name,
    async run() {
      const fleetNow: FleetDefinition = fleet();
      let forged: Promise<string> | null = null;
      const result = await drive({
        ...base(),
        fleet: fleetNow,
        fatalPoint: 0,
        ...options,
        prepare: ({ aws }) => {
          for (const fault of faults) aws.control.fault(fault);
          aws.control.on('effect', () => {
            const [mark] = aws.control.commands().map((c) => c.comment);
            if (forged || mark === undefined || !mark.includes(' install ')) return;
            forged = intruder(aws, fleetNow).then((one) => one.send(forge(aws, mark)));
          });
        },
      });
      const commandId = await forged;
      const told = result.foreign.map((f) => `${f.commandId} ${f.code} ${f.audited} ${f.told}`);
      const wanted = `${commandId} ${code} 1 1`;
      return {
        wrong:
          told.length === 1 && told[0] === wanted
            ? []
            : [`told: ${told.join('; ') || 'nothing'}, not ${wanted}`],
        fired: (commandId ? 1 : 0) + result.fired,
        figures: { 'forged commands': commandId ? 1 : 0 },
      };
    },
  };
}

const honestJob = () => ({
  ...base(),
  fleet: smallFleet({ linux: 2 }),
  config: { environment: { wave: { size: 1 } } },
});

let undisturbedEnd: Promise<EndState> | null = null;
/** How that job ends when nothing goes wrong. */
function undisturbed(): Promise<EndState> {
  undisturbedEnd ??= drive({ ...honestJob(), fatalPoint: 0 }).then(({ state }) => state);
  return undisturbedEnd;
}

/** An honest run with answers that get lost, lists that lag and a kill, all of it drawn from the seed. */
function honest(seed: number): Case {
  return {
    name: `honest-run@${seed}`,
    async run(): Promise<CaseResult> {
      const random = seededRandom(seed);
      const faults: FaultSpec[] = [];
      for (const operation of ['Install', 'Scan'])
        if (random.below(4) > 0)
          faults.push({
            operation: 'SendCommand',
            when: random.pick(['before', 'after'] as const),
            kind: random.pick(['reset', 'http500', 'http503', 'stall'] as const),
            times: 1 + random.below(2),
            match: { parameter: { Operation: operation } },
          });
      const result: DriveResult = await drive({
        ...honestJob(),
        visibilityDelayMs: random.pick([20, 300]),
        // 0: it is not killed, but at the end.
        fatalPoint: random.below(3) === 0 ? 0 : 1 + random.below(60),
        prepare: ({ aws }) => {
          for (const fault of faults) aws.control.fault(fault);
        },
      });
      return {
        wrong: compare(result, await undisturbed()).map(({ text }) => text),
        fired: result.fired + (result.killed ? 1 : 0),
        figures: {
          'honest runs': 1,
          'installs of its own': Object.values(result.state.installs).reduce((a, b) => a + b, 0),
          'false alarms': result.foreign.length,
        },
      };
    },
  };
}

/**
 * The answer to a scan is lost and the lists lag for longer than the grace: it counts as absent, another one is
 * sent, and the first one comes to light without anybody knowing its command id.
 */
const lateScan: Case = {
  name: 'honest-run-with-a-late-scan',
  async run() {
    const job = { ...base(), fleet: smallFleet({ linux: 1 }), fatalPoint: 0 };
    const undisturbedJob = await drive(job);
    const result = await drive({
      ...job,
      visibilityDelayMs: 2500,
      prepare: ({ aws }) =>
        aws.control.fault({
          operation: 'SendCommand',
          when: 'after',
          kind: 'reset',
          match: { parameter: { Operation: 'Scan' } },
        }),
    });
    return { wrong: compare(result, undisturbedJob.state).map(({ text }) => text), fired: result.fired };
  },
};

export const proof = proofOfCases({
  name: 'foreign',
  bar: 'every command that somebody else sends with our role is told once in the audit and the channel; 0 false alarms in honest runs with lost answers and kills',
  defaults: { seeds: 12 },
  injects: true,
  cases: ({ seed, seeds }) => [
    ...FORGERIES.map(forgery),
    lateScan,
    ...Array.from({ length: seeds }, (_, i) => honest(seed + i)),
  ],
});
