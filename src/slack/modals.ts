/** Modals, as pure functions of a run. They carry ids; the workflow checks everything when they are sent. */
import type { KnownBlock, ModalView } from '@slack/types';
import type { RunView } from '../workflow/view.ts';
import { actions, button, context, LIMITS, plain, section } from './blocks.ts';
import { ACTION, encode, VIEW, type ViewMeta } from './button-value.ts';
import { approveConfirmation } from './card-buttons.ts';
import { count, escapeText, md } from './mrkdwn.ts';

/** Where the inputs are in `view.state.values`. */
export const INPUT = {
  reason: { block: 'reason', action: 'reason_text' },
  /** One per page, so that a page does not show the choice of another. */
  targets: { block: 'targets_page_', action: 'targets_chosen' },
  environment: { block: 'environment', action: 'environment_typed' },
} as const;

const REASON_MOST = 500;

function modal(
  callbackId: string,
  meta: ViewMeta,
  title: string,
  blocks: KnownBlock[],
  submit: string | null,
): ModalView {
  return {
    type: 'modal',
    callback_id: callbackId,
    private_metadata: encode(meta),
    title: plain(title, 24),
    close: plain(submit === null ? 'Close' : 'Cancel', 24),
    ...(submit === null ? {} : { submit: plain(submit, 24) }),
    blocks: blocks.slice(0, LIMITS.viewBlocks),
  };
}

/** Shown within the 3 s that a click may take, while what is asked for is looked up. */
export function loadingModal(title: string, meta: ViewMeta): ModalView {
  return modal('modal_loading', meta, title, [section(md`One moment…`)], null);
}

export function messageModal(title: string, meta: ViewMeta, text: ReturnType<typeof md>): ModalView {
  return modal('modal_message', meta, title, [section(text)], null);
}

function reasonInput(label: string, hint: string): KnownBlock {
  return {
    type: 'input',
    block_id: INPUT.reason.block,
    label: plain(label, 200),
    hint: plain(hint, 200),
    element: {
      type: 'plain_text_input',
      action_id: INPUT.reason.action,
      multiline: true,
      min_length: 3,
      max_length: REASON_MOST,
    },
  };
}

export function rejectModal(view: RunView, meta: ViewMeta): ModalView {
  const { run } = view;
  return modal(
    VIEW.reject,
    meta,
    'Reject run',
    [
      section(
        md`Run ${escapeText(run.id, 40)} for ${escapeText(run.environment, 60)} ends without changing anything.`,
      ),
      reasonInput('Why?', 'Shown in the thread and kept in the audit.'),
    ],
    'Reject',
  );
}

export function secondConfirmationModal(view: RunView, meta: ViewMeta): ModalView {
  const { run, plan } = view;
  return modal(
    VIEW.secondConfirmation,
    meta,
    'Confirm a large run',
    [
      section(md`*${count(plan?.targets.length ?? 0, 'instance')}* are more than a run usually has here.`),
      section(plan ? escapeText(approveConfirmation(plan), 600) : md`There is no plan any more.`),
      {
        type: 'input',
        block_id: INPUT.environment.block,
        label: plain(`To approve, type the name of the environment: ${run.environment}`, 200),
        element: { type: 'plain_text_input', action_id: INPUT.environment.action, max_length: 100 },
      },
    ],
    'Approve',
  );
}

/** Options of one page; 2 groups of 100 keep a view far below Slack's 250 KB. */
export const EXCLUDE_PAGE = 200;

/** `chosen`: positions in plan.targets chosen so far, on any page. */
export function excludeModal(view: RunView, meta: ViewMeta, chosen: ReadonlySet<number>): ModalView {
  const targets = view.plan?.targets ?? [];
  const names = new Map(view.targets.map((target) => [target.key, target.instance.name]));
  const pages = Math.max(1, Math.ceil(targets.length / EXCLUDE_PAGE));
  const page = Math.min(meta.page, pages - 1);
  const from = page * EXCLUDE_PAGE;
  const options = targets.slice(from, from + EXCLUDE_PAGE).map((target, i) => ({
    zone: target.landingZone,
    option: {
      text: plain(`${names.get(target.key) ?? target.instanceId} (${target.instanceId})`, LIMITS.optionText),
      value: String(from + i),
    },
  }));
  const groups = optionGroups(options);
  const here = options.map((o) => o.option).filter((option) => chosen.has(Number(option.value)));
  const elsewhere = chosen.size - here.length;
  const blocks: KnownBlock[] = [
    section(
      md`The run gets a new plan without them, and approvals given so far are void. You then count as its requester and cannot approve it.`,
    ),
    {
      type: 'input',
      block_id: `${INPUT.targets.block}${page}`,
      optional: pages > 1,
      label: plain(
        pages > 1 ? `Instances ${from + 1}–${from + options.length} of ${targets.length}` : 'Instances',
        200,
      ),
      element: {
        type: 'multi_static_select',
        action_id: INPUT.targets.action,
        placeholder: plain('Choose instances', 150),
        option_groups: groups,
        ...(here.length > 0 ? { initial_options: here } : {}),
      },
    },
    ...pageButtons(page, pages, 'exclude'),
    ...(elsewhere > 0 ? [context(md`${count(elsewhere, 'instance')} chosen on other pages.`)] : []),
    reasonInput('Why?', 'Shown in the thread and kept in the audit.'),
  ];
  const encoded = encodeChosen([...chosen].filter((i) => i < from || i >= from + EXCLUDE_PAGE));
  return modal(
    VIEW.exclude,
    { ...meta, page, chosen: encoded ?? '' },
    'Exclude instances',
    blocks,
    'Exclude',
  );
}

type Option = { text: ReturnType<typeof plain>; value: string };

/** By landing zone, at most 100 options in each; with more landing zones than groups are allowed, plainly. */
function optionGroups(options: readonly { zone: string; option: Option }[]) {
  const zones = new Map<string, Option[]>();
  for (const { zone, option } of options) zones.set(zone, [...(zones.get(zone) ?? []), option]);
  const groups = [...zones].flatMap(([zone, of]) => inHundreds(zone, of));
  return groups.length <= LIMITS.groups
    ? groups
    : inHundreds(
        'Instances',
        options.map((o) => o.option),
      );
}

function inHundreds(label: string, options: readonly Option[]) {
  return Array.from({ length: Math.ceil(options.length / LIMITS.optionsPerGroup) }, (_, i) => ({
    label: plain(label, LIMITS.optionText),
    options: options.slice(i * LIMITS.optionsPerGroup, (i + 1) * LIMITS.optionsPerGroup),
  }));
}

/** Null when there are more than the modal can carry (about 700). */
export function encodeChosen(positions: readonly number[]): string | null {
  const text = [...positions]
    .sort((a, b) => a - b)
    .map((n) => n.toString(36))
    .join(',');
  return text.length <= 2600 ? text : null;
}

export function decodeChosen(text: string): number[] {
  return text === ''
    ? []
    : text
        .split(',')
        .map((part) => Number.parseInt(part, 36))
        .filter((n) => Number.isInteger(n) && n >= 0);
}

export function pageButtons(page: number, pages: number, what: string): KnownBlock[] {
  if (pages <= 1) return [];
  const go = (id: string, label: string, to: number) =>
    button({ id, label, value: String(to), says: `${label} of ${what}, page ${to + 1} of ${pages}` });
  const elements = [
    ...(page > 0 ? [go(ACTION.pagePrevious, 'Previous page', page - 1)] : []),
    ...(page < pages - 1 ? [go(ACTION.pageNext, 'Next page', page + 1)] : []),
  ];
  return [actions(`pages_${what}_${page}`, elements), context(md`Page ${page + 1} of ${pages}`)];
}
