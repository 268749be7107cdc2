/** `npm run prove`: every proof in one table (USAGE has the options). Exits with 1 when a bar does not hold. */
import { optionsOr } from '../support/usage.ts';
import { provePlanted } from './planted/main.ts';
import type { Proof } from './proof.ts';
import { PROOFS } from './proofs.ts';
import { exitCodeOf, type Row, summary, table } from './table.ts';

const OPTIONS = {
  only: { type: 'string' },
  case: { type: 'string' },
  seed: { type: 'string' },
  seeds: { type: 'string' },
  seconds: { type: 'string' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean' },
  planted: { type: 'boolean' },
} as const;
const USAGE = `npm run prove -- [options]: every proof in one table; exits with 1 when a bar is missed,
or when the time was up before a proof was wholly done (PARTLY), unless --seconds was given.
  --only NAME,NAME   these proofs: ${PROOFS.map((p) => p.name).join(', ')}
  --case TEXT        only cases whose name holds TEXT
  --seed N           another seed (default 1)
  --seeds N          how many seeds
  --seconds N        bound for each proof
  --json             the table as JSON
  --verbose          every case as it ends
  --planted          planted defects: is each one caught?`;

const values = optionsOr(USAGE, OPTIONS);

function wholeNumber(name: 'seed' | 'seeds' | 'seconds'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new RangeError(`--${name} takes a whole number, not ${text}`);
  return Number(text);
}

function chosen(): Proof[] {
  if (values.only === undefined) return [...PROOFS];
  return values.only.split(',').map((name) => {
    const proof = PROOFS.find((p) => p.name === name);
    if (!proof)
      throw new RangeError(`There is no proof ${name}. There are: ${PROOFS.map((p) => p.name).join(', ')}.`);
    return proof;
  });
}

const say = (line: string) => {
  if (!values.json) console.log(line);
};

async function prove(proof: Proof): Promise<Row> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const seed = wholeNumber('seed') ?? 1;
  try {
    const result = await proof.run({
      seed,
      seeds: wholeNumber('seeds') ?? proof.defaults?.seeds ?? 100,
      seconds: wholeNumber('seconds') ?? proof.defaults?.seconds ?? 1800,
      match: values.case ?? null,
      log: (line) => {
        if (values.verbose || line.startsWith('FAIL')) say(`  ${line}`);
      },
    });
    const vacuous = [
      ...(result.cases === 0 ? ['no case ran'] : []),
      ...(result.faultsFired === 0 && values.case === undefined ? ['no fault fired'] : []),
    ];
    const violations = [...result.violations, ...vacuous];
    return {
      proof: proof.name,
      bar: proof.bar,
      ...result,
      violations,
      passed: violations.length === 0,
      seconds: seconds(),
    };
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      proof: proof.name,
      bar: proof.bar,
      cases: 0,
      faultsFired: null,
      violations: [`the proof itself broke: ${why}`],
      passed: false,
      seconds: seconds(),
    };
  }
}

async function main(): Promise<number> {
  if (values.planted) return (await provePlanted(values.case ?? null, (line) => console.log(line))) ? 0 : 1;
  const rows: Row[] = [];
  for (const proof of chosen()) {
    say(`${proof.name} …`);
    const row = await prove(proof);
    rows.push(row);
    for (const violation of row.violations) say(`  ! ${violation}`);
  }
  if (values.json) console.log(JSON.stringify(rows, null, 2));
  else {
    console.log(table(rows));
    console.log(summary(rows));
  }
  return exitCodeOf(rows, values.seconds !== undefined);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof RangeError ? error.message : error);
  process.exitCode = 2;
}
