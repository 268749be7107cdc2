/** Seeds that once failed, and what they found. They run in every `npm test`. */
export const REGRESSIONS: readonly { seed: number; found: string }[] = [
  {
    seed: 10,
    found: 'a run whose discovery failed after its fresh scan ended with instances that had no outcome',
  },
];
