/** One process of a campaign: runs the seeds that it is sent, answers with what came of them, and ends when left. */
import { campaign } from './campaign.ts';
import type { Share } from './processes.ts';

process.on('message', async (share: Share) => {
  process.send?.(await campaign(share));
});
