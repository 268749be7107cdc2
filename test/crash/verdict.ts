import type { DriveResult } from './drive.ts';

/** What must be true of a job however often and wherever the bot died; empty when all of it is. */
export function violations(result: DriveResult, expected: Record<string, string>): string[] {
  const found: string[] = [];
  for (const [name, outcome] of Object.entries(expected)) {
    if (result.outcomes[name] !== outcome)
      found.push(`${name} ended as ${result.outcomes[name]}, not ${outcome}`);
    const installs = result.installs[name] ?? 0;
    if (installs !== 1) found.push(`${name} was patched ${installs} times`);
    const images = result.images[name] ?? 0;
    if (images !== 1) found.push(`${name} was backed up ${images} times`);
  }
  if (result.end !== 'completed') found.push(`the run ended as ${result.end}`);
  found.push(
    ...result.foreign.map((f) => `an own command was taken for foreign: ${f.commandId} (${f.code})`),
  );
  found.push(...result.leftovers.map((what) => `left behind: ${what}`));
  return found;
}
