/** The store: a copy put back does nothing twice, and what cannot be written down is not begun. */
import { type Proof, type ProofOptions, replayWith } from '../proof.ts';
import { clickTheQuestionOfALostRun } from './lost-question.ts';
import { goOnFrom, ORIGINALS, type OriginalName, original } from './restore.ts';
import { runThrough, TROUBLES } from './trouble.ts';

export const proof: Proof = {
  name: 'store',
  bar: 'from a database restored from the copy of any commit, and with a full, read-only, locked or damaged file at any commit: nothing twice, nothing begun that is not written down, every run ends; the buttons of a run that a restore lost change nothing',
  defaults: { seconds: 900 },
  async run(options) {
    const tally: Tally = {
      cases: 0,
      faultsFired: 0,
      violations: [],
      figures: { copies: 0, parked: 0, doubledByControl: 0 },
      leftOut: [],
      deadline: performance.now() + options.seconds * 1000,
    };
    await lostQuestion(options, tally);
    await troubles(options, tally);
    for (const name of ORIGINALS) await restores(name, options, tally);
    if (options.match === null && tally.figures.parked > 0 && tally.figures.doubledByControl === 0)
      tally.violations.push(
        'the control did nothing twice: a copy without its marks must, or nothing is proven',
      );
    const { cases, faultsFired, violations, figures, leftOut } = tally;
    return { cases, faultsFired, violations, figures, leftOut };
  },
};

/** No run of this size takes as many; bounds the search for a named case. */
const MOST_COMMITS = 60;

interface Tally {
  cases: number;
  faultsFired: number;
  violations: string[];
  figures: { copies: number; parked: number; doubledByControl: number };
  leftOut: string[];
  deadline: number;
}

/** A case is meant by its whole name, several by the beginning without its number. */
function holds(called: string, match: string | null): boolean {
  return match === null || called === match || (!/\d$/.test(match) && called.includes(match));
}

function count(tally: Tally, called: string, violations: readonly string[]): void {
  tally.cases++;
  for (const violation of violations)
    tally.violations.push(replayWith(`${called}: ${violation}`, proof.name, { case: called }));
}

const LOST_QUESTION = 'question-of-a-lost-run';

async function lostQuestion({ match }: ProofOptions, tally: Tally): Promise<void> {
  if (!holds(LOST_QUESTION, match)) return;
  count(tally, LOST_QUESTION, await clickTheQuestionOfALostRun());
}

async function restores(name: OriginalName, { match, log }: ProofOptions, tally: Tally): Promise<void> {
  const wanted =
    match === null || `restore-${name}-`.startsWith(match) || match.startsWith(`restore-${name}-`);
  if (!wanted) return;
  if (performance.now() > tally.deadline) {
    tally.leftOut.push(`restored copies of the run ${name} were not begun`);
    return;
  }
  const whole = await original(name);
  try {
    tally.figures.copies += whole.copies.length;
    // Last copies first: what a continuation does at AWS is then never older than the copy that follows.
    for (const [index, copy] of [...whole.copies.entries()].reverse()) {
      const called = `restore-${name}-${index + 1}`;
      if (!holds(called, match)) continue;
      if (performance.now() > tally.deadline) {
        tally.leftOut.push(
          `${index + 1} of ${whole.copies.length} copies of the run ${name} were not restored`,
        );
        break;
      }
      const restored = await goOnFrom(whole, copy);
      if (restored.parked) tally.figures.parked++;
      count(tally, called, restored.violations);
    }
    log(`${name}: ${whole.copies.length} copies`);
    const early = whole.copies[Math.floor(whole.copies.length / 4)];
    if (match === null && early !== undefined) {
      const { violations } = await goOnFrom(whole, early, { marked: false });
      tally.figures.doubledByControl += violations.filter((v) => v.includes('again')).length;
    }
  } finally {
    await whole.close();
  }
}

async function troubles({ match, log }: ProofOptions, tally: Tally): Promise<void> {
  for (const trouble of TROUBLES) {
    for (let at = 1, last = 1; at <= last; at++) {
      const called = `${trouble}-${at}`;
      if (!holds(called, match)) {
        last = Math.min(at + 1, MOST_COMMITS);
        continue;
      }
      if (performance.now() > tally.deadline) {
        tally.leftOut.push(`a ${trouble} file was not tried from commit ${at} on`);
        break;
      }
      const through = await runThrough(trouble, at);
      last = Math.max(last, through.commits);
      if (through.said !== '') tally.faultsFired++;
      count(tally, called, through.violations);
    }
    log(`${trouble}: done`);
  }
}
