/** The command line, as data: help, docs/command-line.md and the dispatch come from this one table. */
export interface CliCommand {
  /** Words after `patchday`. */
  words: readonly string[];
  usage: string;
  description: string;
  /** What it answers with. */
  exitCodes: string;
  run(context: CliContext): Promise<number>;
}

export interface CliContext {
  /** Value of --config, if given. */
  configFlag: string | undefined;
  json: boolean;
  /** Values of --anchor. */
  anchors: readonly string[];
  /** Value of --run. */
  run: string | undefined;
  /** Value of --to. */
  to: string | undefined;
  /** Value of --from, if given. */
  from?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  out(line: string): void;
  err(line: string): void;
}
