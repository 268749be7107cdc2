/** Lines of the lists that commands answer with. Pure. */

import type { MissingPatch } from '../workflow/instance.ts';
import type { BackupRecord } from '../workflow/ports.ts';
import type { Run } from '../workflow/run-types.ts';
import { saysPhase } from '../workflow/runbook.ts';
import { code, escapeText, join, length, type Mrkdwn, md, NOTHING, time, user } from './mrkdwn.ts';
import { kindWord } from './run-words.ts';

const MOST = 40;

export function runLine(run: Run, link: Mrkdwn | null): Mrkdwn {
  const state =
    run.end === null
      ? md`${escapeText(saysPhase(run.phase), 60)}`
      : escapeText(run.end.replaceAll('_', ' '), 30);
  return md`• ${code(run.id, 40)} ${escapeText(kindWord(run), 20)} for ${escapeText(run.environment, 60)}: ${state}, by ${user(run.requestedBy)} ${time(run.createdAt)}${link === null ? NOTHING : md` ${link}`}`;
}

/** Newest first, with age and expiry. */
export function backupLines(backups: readonly BackupRecord[], now: number): Mrkdwn[] {
  const newest = [...backups].sort((a, b) => b.createdAt - a.createdAt);
  const lines = newest.slice(0, MOST).map((backup) => {
    const expiry =
      backup.expiresAt === null
        ? md`no expiry`
        : backup.expiresAt < now
          ? md`expired ${length(now - backup.expiresAt)} ago`
          : md`expires in ${length(backup.expiresAt - now)}`;
    return md`• ${code(backup.instanceName, 50)} ${code(backup.imageId, 30)} ${escapeText(backup.landingZone, 40)} ${escapeText(backup.region, 20)}: ${escapeText(backup.state, 20)}, ${length(now - backup.createdAt)} old, ${expiry}, run ${code(backup.runId, 40)}`;
  });
  return newest.length > MOST
    ? [...lines, md`…and ${newest.length - MOST} more. Narrow it with a pattern or a tag.`]
    : lines;
}

export function cveLines(patches: readonly MissingPatch[]): Mrkdwn[] {
  const lines = patches.slice(0, MOST).map((patch) => {
    const cves = patch.cveIds.slice(0, 12).map((id) => code(id, 24));
    const more = patch.cveIds.length > 12 ? md` and ${patch.cveIds.length - 12} more` : NOTHING;
    const ids = cves.length === 0 ? md`no CVE ids given` : md`${join(cves, ', ')}${more}`;
    // On Linux the title is the package itself.
    const what = [patch.kbId, patch.classification, patch.severity, patch.state]
      .filter((word) => word !== '' && word !== patch.title)
      .join(', ');
    return md`• ${code(patch.title, 120)} (${escapeText(what, 120)}): ${ids}`;
  });
  return patches.length > MOST ? [...lines, md`…and ${patches.length - MOST} more.`] : lines;
}
