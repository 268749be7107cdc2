/** What each button does. A click only asks the workflow; nothing is decided here. */
import { answerMessage, askSecondConfirmation, NO_SUCH_RUN, STALE_BUTTON, say } from './answers.ts';
import {
  ACTION,
  ANSWER_PREFIX,
  ANSWERS,
  type RunValue,
  readQuestionValue,
  readRunValue,
  readViewMeta,
  type ViewMeta,
} from './button-value.ts';
import type { Asked, Edge, OpenedView } from './edge.ts';
import {
  decodeChosen,
  EXCLUDE_PAGE,
  encodeChosen,
  excludeModal,
  INPUT,
  loadingModal,
  messageModal,
  rejectModal,
  secondConfirmationModal,
} from './modals.ts';
import { md, words } from './mrkdwn.ts';
import { chosenOptions, type StateValues } from './payloads.ts';
import { viewAllModal } from './view-all.ts';

export interface Click {
  /** The button's value. */
  value: string | undefined;
  /** The modal that it is in, if any. */
  view: { opened: OpenedView; metadata: string; values: StateValues } | null;
}

export type ClickHandler = (edge: Edge, asked: Asked, click: Click) => Promise<void>;

/** Every action id that is ever rendered. */
export const CLICK_HANDLERS: ReadonlyMap<string, ClickHandler> = new Map<string, ClickHandler>([
  [ACTION.approve, withRun(approve)],
  [ACTION.reject, withRun(openReject)],
  [ACTION.exclude, withRun(openExclude)],
  [ACTION.viewAll, withRun(openViewAll)],
  [ACTION.stop, withRun(stop)],
  [ACTION.secondConfirmation, withRun(openSecondConfirmation)],
  [ACTION.pagePrevious, turnPage],
  [ACTION.pageNext, turnPage],
  ...ANSWERS.map((answer): [string, ClickHandler] => [`${ANSWER_PREFIX}${answer}`, answerQuestion]),
]);

function withRun(handler: (edge: Edge, asked: Asked, run: RunValue) => Promise<void>): ClickHandler {
  return async (edge, asked, click) => {
    const value = readRunValue(click.value);
    await (value ? handler(edge, asked, value) : asked.reply(say(STALE_BUTTON)));
  };
}

function metaOf(asked: Asked, { runId, planHash }: RunValue): ViewMeta {
  return { v: 1, runId, planHash, channel: asked.actor.channelId, page: 0, chosen: '' };
}

async function approve(edge: Edge, asked: Asked, { runId, planHash }: RunValue): Promise<void> {
  const answer = await edge.service.approve(asked.actor, { runId, planHash });
  const large = !answer.ok && answer.code === 'needs_confirmation';
  await asked.reply(large ? askSecondConfirmation(answer, { runId, planHash }) : answerMessage(answer));
}

async function stop(edge: Edge, asked: Asked, { runId }: RunValue): Promise<void> {
  await asked.reply(
    answerMessage(
      await edge.service.stop(asked.actor, { runId, reason: 'stopped with the button on the card' }),
    ),
  );
}

async function answerQuestion(edge: Edge, asked: Asked, click: Click): Promise<void> {
  const value = readQuestionValue(click.value);
  if (!value) return asked.reply(say(STALE_BUTTON));
  const { tag, answer } = value;
  await asked.reply(answerMessage(await edge.service.answer(asked.actor, { tag, answer })));
}

async function openReject(edge: Edge, asked: Asked, value: RunValue): Promise<void> {
  const view = edge.service.view(value.runId);
  if (!view) return asked.reply(say(NO_SUCH_RUN));
  await asked.openView(rejectModal(view, metaOf(asked, value)));
}

async function openSecondConfirmation(edge: Edge, asked: Asked, value: RunValue): Promise<void> {
  const view = edge.service.view(value.runId);
  if (!view) return asked.reply(say(NO_SUCH_RUN));
  await asked.openView(secondConfirmationModal(view, metaOf(asked, value)));
}

/** A modal with data of a run: opened at once, filled when the person may look. */
async function openLooking(
  edge: Edge,
  asked: Asked,
  value: RunValue,
  title: string,
  fill: (meta: ViewMeta) => ReturnType<typeof viewAllModal>,
): Promise<void> {
  const view = edge.service.view(value.runId);
  if (!view) return asked.reply(say(NO_SUCH_RUN));
  const meta = metaOf(asked, value);
  const opened = await asked.openView(loadingModal(title, meta));
  if (!opened) return;
  const may = await edge.service.mayLook(asked.actor, view.run.environment);
  await asked.updateView(opened, may.ok ? fill(meta) : messageModal(title, meta, words(may.text)));
}

async function openViewAll(edge: Edge, asked: Asked, value: RunValue): Promise<void> {
  await openLooking(edge, asked, value, 'All instances', (meta) => {
    const view = edge.service.view(value.runId);
    return view ? viewAllModal(view, meta, edge.now()) : messageModal('All instances', meta, NO_SUCH_RUN);
  });
}

async function openExclude(edge: Edge, asked: Asked, value: RunValue): Promise<void> {
  await openLooking(edge, asked, value, 'Exclude instances', (meta) => {
    const view = edge.service.view(value.runId);
    if (!view) return messageModal('Exclude instances', meta, NO_SUCH_RUN);
    if (view.run.planHash !== value.planHash || !view.plan)
      return messageModal('Exclude instances', meta, PLAN_CHANGED);
    return excludeModal(view, meta, new Set());
  });
}

export const PLAN_CHANGED = md`The plan has changed since that card was shown. Nothing was changed now. Use the buttons of the newest card.`;

/** Previous and Next of any paged modal; what was chosen so far goes along. */
async function turnPage(edge: Edge, asked: Asked, click: Click): Promise<void> {
  const meta = readViewMeta(click.view?.metadata);
  const page = Number(click.value);
  if (!click.view || !meta || !Number.isInteger(page) || page < 0) return asked.reply(say(STALE_BUTTON));
  const view = edge.service.view(meta.runId);
  if (!view) {
    await asked.updateView(click.view.opened, messageModal('All instances', meta, NO_SUCH_RUN));
    return;
  }
  const choosing = Object.keys(click.view.values).some((block) => block.startsWith(INPUT.targets.block));
  if (!choosing) {
    await asked.updateView(click.view.opened, viewAllModal(view, { ...meta, page }, edge.now()));
    return;
  }
  if (view.run.planHash !== meta.planHash) {
    await asked.updateView(click.view.opened, messageModal('Exclude instances', meta, PLAN_CHANGED));
    return;
  }
  const chosen = allChosen(meta, click.view.values);
  const tooMany = encodeChosen(chosen) === null;
  const next = tooMany
    ? messageModal(
        'Exclude instances',
        meta,
        md`These are more than can be chosen at once. Nothing was changed. Exclude fewer, or reject the run and scan again with a pattern or a tag.`,
      )
    : excludeModal(view, { ...meta, page }, new Set(chosen));
  await asked.updateView(click.view.opened, next);
}

/** Positions in plan.targets: the ones carried along from other pages and the ones on this page. */
export function allChosen(meta: ViewMeta, values: StateValues): number[] {
  const from = meta.page * EXCLUDE_PAGE;
  const elsewhere = decodeChosen(meta.chosen).filter((i) => i < from || i >= from + EXCLUDE_PAGE);
  const here = chosenOptions(values, `${INPUT.targets.block}${meta.page}`, INPUT.targets.action).map(Number);
  return [...new Set([...elsewhere, ...here])]
    .filter((n) => Number.isInteger(n) && n >= 0)
    .sort((a, b) => a - b);
}
