/** The modal that pages through every instance of a run. Pure. */
import type { ModalView } from '@slack/types';
import type { Target } from '../workflow/run-types.ts';
import type { RunView } from '../workflow/view.ts';
import { fitLines, LIMITS, plain, section } from './blocks.ts';
import { encode, VIEW, type ViewMeta } from './button-value.ts';
import { pageButtons } from './modals.ts';
import { code, escapeText, join, length, type Mrkdwn, md, NOTHING, shorten, words } from './mrkdwn.ts';
import { OUTCOME_WORDS } from './run-words.ts';

export const VIEW_ALL_PAGE = 40;

export function viewAllModal(view: RunView, meta: ViewMeta, now: number): ModalView {
  const pages = Math.max(1, Math.ceil(view.targets.length / VIEW_ALL_PAGE));
  const page = Math.min(meta.page, pages - 1);
  const shown = view.targets.slice(page * VIEW_ALL_PAGE, (page + 1) * VIEW_ALL_PAGE);
  let rest: Mrkdwn[] = shown.map((target) => shorten(instanceText(target, now), LIMITS.section - 100));
  const blocks = [];
  while (rest.length > 0) {
    const { text, left } = fitLines(rest, LIMITS.section);
    blocks.push(section(text));
    rest = rest.slice(rest.length - left);
  }
  if (shown.length === 0) blocks.push(section(md`No instances were found.`));
  return {
    type: 'modal',
    callback_id: VIEW.viewAll,
    private_metadata: encode({ ...meta, page }),
    title: plain('All instances', 24),
    close: plain('Close', 24),
    blocks: [...blocks, ...pageButtons(page, pages, 'instances')],
  };
}

/** Everything known about one instance in a few lines; every reason why it is not in the plan. */
function instanceText(target: Target, now: number): Mrkdwn {
  const { instance } = target;
  const ping =
    instance.ssm.ping === 'online'
      ? md`online`
      : instance.ssm.ping === 'connection_lost'
        ? md`connection lost${instance.ssm.lastPingAt === null ? NOTHING : md` ${length(now - instance.ssm.lastPingAt)} ago`}`
        : md`not managed`;
  const { counts } = instance;
  const patches =
    counts === null
      ? md`never scanned: patches unknown`
      : md`${counts.critical} critical, ${counts.security} security, ${counts.missing} missing, ${counts.failed} failed, ${counts.pendingReboot} waiting for a reboot`;
  const last = instance.lastPatch;
  const place = target.wave === null ? md`not in the plan` : md`wave ${target.wave}`;
  const lines = [
    md`*${code(instance.name, 60)}* ${code(instance.instanceId, 24)} · ${place}${target.outcome === null ? NOTHING : md` · ${OUTCOME_WORDS[target.outcome]}`}`,
    md`${escapeText(instance.landingZone, 40)} ${escapeText(instance.accountId, 14)} · ${escapeText(instance.availabilityZone, 30)} · ${escapeText(instance.instanceType, 20)} · ${escapeText(instance.platformVersion || instance.platform, 50)} · ${escapeText(instance.state, 20)} · SSM ${ping}`,
    md`${patches}${last === null ? NOTHING : md` · ${escapeText(last.operation, 10)} ${length(now - last.at)} ago`}`,
    target.outcomeReason === '' ? NOTHING : words(target.outcomeReason, 200),
    target.nextStep === '' ? NOTHING : md`Next: ${words(target.nextStep, 200)}`,
    join(
      target.reasons.slice(0, 6).map((reason) => md`• ${words(reason.text, 160)}`),
      '\n',
    ),
  ];
  return md`${join(lines, '\n')}\n`;
}
