/** Secrets that must never leave the process: where they are looked for after a test. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A place where something may have leaked to: a file, the log, what Slack was sent. */
export interface Place {
  where: string;
  text: string;
}

/** Every file below a folder, byte for byte, database and its WAL included. */
export function filesUnder(folder: string): Place[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isFile() ? [{ where: name, text: readFileSync(path, 'latin1') }] : [];
  });
}

/** One sentence for each secret in each place; the secret itself is not repeated. */
export function leaks(places: readonly Place[], secrets: readonly string[]): string[] {
  return places.flatMap(({ where, text }) =>
    secrets
      .filter((secret) => secret !== '' && text.includes(secret))
      .map((secret) => `a secret (${secret.slice(0, 6)}…, ${secret.length} characters) is in ${where}`),
  );
}
