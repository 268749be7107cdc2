import { configJsonSchema } from '../config/json-schema.ts';
import { configPath, loadConfig } from '../config/load.ts';
import { readSecrets } from '../config/secrets.ts';
import { count } from '../workflow/words.ts';
import type { CliContext } from './commands.ts';

/** Prints every mistake and warning. 0 = usable, 1 = not. */
export async function checkConfig({ configFlag, env, out, err }: CliContext): Promise<number> {
  const path = configPath(configFlag, env);
  const loaded = loadConfig(path, env);
  if (!loaded.ok) {
    for (const problem of loaded.problems) err(problem.text);
    err(
      `${loaded.problems.length} ${loaded.problems.length === 1 ? 'mistake' : 'mistakes'} in ${path}. Nothing was started.`,
    );
    return 1;
  }
  for (const warning of loaded.warnings) out(`warning: ${warning.text}`);
  const { environments, landingZones } = loaded.config;
  out(
    `${path} is good: ${count(Object.keys(environments).length, 'environment')}, ${count(landingZones.length, 'landing zone')}.`,
  );
  const secrets = readSecrets(env);
  if (!secrets.ok) for (const problem of secrets.problems) out(`note: ${problem.text}`);
  return 0;
}

/** Prints the JSON Schema for editors. */
export async function printSchema({ out }: CliContext): Promise<number> {
  out(JSON.stringify(configJsonSchema(), null, 2));
  return 0;
}
