import { parse, stringify } from 'yaml';
import { type Loaded, parseConfig } from '../../src/config/load.ts';

/** A correct configuration with one environment and one landing zone, to be made wrong in one place. */
export const GOOD = `workspace: T0123ABCD
environments:
  prod:
    channel: C0123ABCD
    requesters:
      groups: [S0123REQS]
    approvers:
      groups: [S0123APPS]
landing_zones:
  - name: payments-prod
    account_id: '012345678901'
    environment: prod
    regions: [eu-central-1]
    read_role_arn: arn:aws:iam::012345678901:role/PatchdayRead
    patch_role_arn: arn:aws:iam::012345678901:role/PatchdayPatch
    external_id: payments-prod-7f3a
    patch_enabled: true
`;

/** GOOD with a value set at a path such as `environments.prod.wave.size`; undefined takes the key out. */
export function withValue(path: string, value: unknown): string {
  const document = parse(GOOD) as Record<string, unknown>;
  const parts = path.split('.');
  let at: Record<string, unknown> = document;
  for (const part of parts.slice(0, -1)) {
    at[part] ??= {};
    at = at[part] as Record<string, unknown>;
  }
  at[parts.at(-1) ?? ''] = value;
  return stringify(document);
}

export function texts(text: string, env: Record<string, string> = {}): string[] {
  return messages(parseConfig(text, env));
}

export function messages(loaded: Loaded): string[] {
  return (loaded.ok ? loaded.warnings : loaded.problems).map(({ text }) => text);
}

/** Without "line 12: ", for tests that are about the words. */
export function withoutLines(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^line \d+: /, '').replaceAll(/ in line \d+/g, ''));
}

/** What is wrong, the path and the value put there, and the one sentence shown. */
export type Mistake = readonly [what: string, path: string, value: unknown, sentence: string];
