/** A backup-only run makes backups and nothing else, whatever the policy says of backups before patching. */
import { describe, expect, it } from 'vitest';
import { effects, outcomes, startBot } from '../workflow/wire-support.ts';

describe('a backup-only run', () => {
  it('backs up and sends no patch command where the policy asks for no backup before patching', async () => {
    const bot = await startBot(
      {},
      {
        policy: {
          backup: { required: false, noReboot: true, retentionDays: 14, withoutVerifiedBackup: 'skip' },
        },
      },
    );
    const runId = await bot.scan({ backupOnly: true });
    await bot.approve(runId);
    const view = await bot.ended(runId);

    expect(effects(bot.sim, 'SendCommand')).toHaveLength(0);
    expect(outcomes(view)).toEqual({ 'linux-1': 'backed_up', 'linux-2': 'backed_up' });
  });
});
