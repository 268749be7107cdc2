import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The options that a command was given. One that it does not know ends the process with 2, `--help` with 0. */
export function optionsOr<T extends NonNullable<ParseArgsConfig['options']>>(usage: string, options: T) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } as T });
    if ('help' in values && values['help']) {
      console.log(usage);
      process.exit(0);
    }
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
