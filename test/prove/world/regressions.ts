/**
 * Seeds of the whole process that found something, on the code of that time. A change of the simulation gives every
 * seed another story: what was found is then also told directly, where it was mended.
 */
export const REGRESSIONS: readonly { seed: number; found: string }[] = [];
