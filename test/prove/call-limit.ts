/** How long a call to AWS may take in proofs about calls that stall, and until when it has to have ended. */

/** The limit of one call in these cases; by default it is 20 s. */
export const API_TIMEOUT_MS = 300;
/** The proof's own measuring, on a machine that does other things too. */
const MEASURING_MS = 60;
/** When a call has to have ended that may take `limit`. */
export const latest = (limit = API_TIMEOUT_MS): number => limit * 1.1 + MEASURING_MS;
/** What the figure of the slowest one is called. */
export const slowestOf = (what: string): string =>
  `slowest stalled ${what} in ms (limit ${API_TIMEOUT_MS}, with 10 % and ${MEASURING_MS} for the measuring ${latest()})`;
