/** What happens when something is thrown that nothing caught. */
import type { Logger } from './log.ts';

/**
 * Ends the process with 1 after one line in the log, instead of letting Node print the error itself: errors of
 * HTTP clients carry whole requests, headers and tokens included, and Node prints all of it. Going on would be
 * guessing; the rows are whole at any moment, and the next start goes on from them.
 */
export function installLastResort(log: Logger, exit: (code: number) => void = process.exit): void {
  process.on('uncaughtException', (error) => {
    log.fatal(
      { err: error },
      'something failed that nothing was prepared for; open runs go on at the next start',
    );
    exit(1);
  });
  // Facts of the Slack packages: some failures of theirs end as unhandled rejections. Nothing of ours does.
  process.on('unhandledRejection', (reason) =>
    log.error({ err: reason }, 'an unhandled rejection was caught'),
  );
}
