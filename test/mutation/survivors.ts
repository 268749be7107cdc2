/** Mutants that no test notices, each with the reason. An entry that fits no survivor fails the command too. */
export interface Survivor {
  file: string;
  /** The line as it stands in the source, without its indentation. */
  line: string;
  /** What the mutant put in, white space as single blanks. */
  becomes: string;
  why: string;
}

export const SURVIVORS: readonly Survivor[] = [
  {
    file: 'src/workflow/approval.ts',
    line: 'const given = new Set([...current.map(voiceOf), standingIn?.for ?? facts.userId]).size;',
    becomes: 'standingIn?.for && facts.userId',
    why: 'Only the number counts, and a voice that was heard before is refused above: whoever speaks, it is one more.',
  },
  {
    file: 'src/workflow/gate.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source, not a template
    line: ": { end: 'stopped', reason: `Stopped by ${mention(run.stopRequestedBy ?? '')}.` };",
    becomes: '"Stryker was here!"',
    why: 'A stop is always by somebody: time and person of it are written together.',
  },
  {
    file: 'src/workflow/plan-hash.ts',
    line: 'const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));',
    becomes: 'a <= b',
    why: 'Two keys of one object are never the same.',
  },
];
