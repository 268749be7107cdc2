/** What `npm run prove` runs: one promise, exercised many times, judged against a bar that is written down. */
export interface ProofOptions {
  /** Everything random comes from here: the same seed is the same proof. */
  seed: number;
  /** How many seeds (or random cases) at most; a proof with a fixed list of cases may ignore it. */
  seeds: number;
  /** After about this long no new case is begun. What was not begun is not counted, and said in `leftOut`. */
  seconds: number;
  /** Only cases whose name holds this; null = all. A proof without named cases may ignore it. */
  match: string | null;
  /** Progress, for a person who is watching. */
  log(line: string): void;
}

export interface ProofResult {
  /** Cases that ran to their end. */
  cases: number;
  /** Injected faults that really happened; null when the proof injects none. */
  faultsFired: number | null;
  /** One line each, ending in the one command that replays it (`replayWith`). */
  violations: string[];
  figures?: Record<string, number>;
  /** What the bar asks for and was not looked at because the time was up, in words. Then it did not wholly hold. */
  leftOut?: string[];
}

/** Said of a check of a whole campaign that fewer seeds than it needs were left time for; nothing when it was made. */
export function tooFewFor(
  what: string,
  { asked, ran, needed }: { asked: number; ran: number; needed: number },
): string[] {
  return asked >= needed && ran < needed ? [`${what}: ${ran} of ${asked} ran, ${needed} are needed`] : [];
}

export interface Proof {
  /** The word after `--only`. */
  name: string;
  /** What must hold, in words. */
  bar: string;
  /** When the command line does not say. */
  defaults?: { seeds?: number; seconds?: number };
  run(options: ProofOptions): Promise<ProofResult>;
}

/** A violation and the command that shows it again. */
export function replayWith(what: string, proof: string, options: Record<string, string | number>): string {
  const flags = Object.entries(options).map(
    ([name, value]) => `--${name} ${/^[\w.-]+$/.test(String(value)) ? value : `'${value}'`}`,
  );
  return `${what}; replay: npm run prove -- --only ${[proof, ...flags].join(' ')}`;
}
