import { interactiveElements } from '../elements.ts';
import { asObjects, asString, isObject, type Json } from '../json.ts';
import { anyText, imageMembers, imageSource, mrkdwn, plain } from './composition.ts';
import {
  actionsElement,
  cardButton,
  contextAction,
  imageElement,
  inputElement,
  sectionAccessory,
} from './elements.ts';
import { richText } from './rich-text.ts';
import {
  atLeastOne,
  byType,
  type Check,
  exactlyOne,
  flag,
  list,
  oneOf,
  only,
  Problems,
  type Surface,
  shape,
  text,
  url,
  whole,
} from './shape.ts';
import { dataTable, table } from './tables.ts';

/** Blocks with the limits of docs.slack.dev/reference/block-kit/blocks; where sources differ, the tighter one. */
const id = { block_id: text(255) };
const message: readonly Surface[] = ['message'];
const contextText = 2_000;

const card = shape(
  {},
  {
    ...id,
    hero_image: imageElement,
    icon: imageElement,
    title: mrkdwn(150),
    subtitle: mrkdwn(150),
    body: mrkdwn(200),
    actions: list(cardButton, { max: 3 }),
  },
  atLeastOne('hero_image', 'title', 'actions', 'body'),
);
const taskCard = shape(
  {
    task_id: text(255),
    title: text(255),
    status: oneOf('pending', 'in_progress', 'complete', 'error'),
  },
  {
    ...id,
    details: richText,
    output: richText,
    sources: list(shape({ url, text: text(255) }), { min: 0, max: 100 }),
  },
);

/** Blocks that may also stand inside a container. */
const inner: Readonly<Record<string, Check>> = {
  actions: shape({ elements: list(actionsElement, { max: 25 }) }, id),
  context: shape(
    {
      elements: list(
        (value, at, problems) =>
          (isObject(value) && value['type'] === 'image' ? imageElement : anyText(contextText))(
            value,
            at,
            problems,
          ),
        { max: 10 },
      ),
    },
    id,
  ),
  divider: shape({}, id),
  file: only(message, shape({ source: oneOf('remote'), external_id: text(255) }, id)),
  header: shape({ text: plain(150) }, { ...id, level: whole(1, 4) }),
  image: shape({ alt_text: text(2_000) }, { ...id, ...imageMembers, title: plain(2_000) }, imageSource),
  input: shape(
    { label: plain(2_000), element: inputElement },
    { ...id, hint: plain(2_000), optional: flag, dispatch_action: flag },
  ),
  rich_text: richText,
  section: shape(
    {},
    {
      ...id,
      text: anyText(3_000),
      fields: list(anyText(2_000), { max: 10 }),
      accessory: sectionAccessory,
      expand: flag,
    },
    atLeastOne('text', 'fields'),
  ),
  table: only(['message', 'home'], table),
  video: shape(
    { video_url: url, thumbnail_url: url, alt_text: text(2_000), title: plain(200) },
    {
      ...id,
      title_url: url,
      author_name: text(50),
      provider_name: text(255),
      provider_icon_url: url,
      description: plain(200),
    },
  ),
};

const block = byType({
  ...inner,
  alert: only(
    ['modal'],
    shape({ text: anyText(200) }, { ...id, level: oneOf('default', 'info', 'warning', 'error', 'success') }),
  ),
  card: only(message, card),
  carousel: only(message, shape({ elements: list(byType({ card }), { max: 10 }) }, id)),
  container: only(
    message,
    shape(
      { child_blocks: list(byType(inner), { max: 10 }) },
      {
        ...id,
        title: plain(150),
        rich_text_title: richText,
        subtitle: anyText(150),
        width: oneOf('narrow', 'standard', 'wide', 'full'),
        icon: imageElement,
        is_collapsible: flag,
        default_collapsed: flag,
        has_header_divider: flag,
      },
      exactlyOne('title', 'rich_text_title'),
    ),
  ),
  context_actions: only(message, shape({ elements: list(contextAction, { max: 5 }) }, id)),
  data_table: only(['message', 'home'], dataTable),
  markdown: only(message, shape({ text: text(12_000) }, id)),
  plan: only(
    message,
    shape({ title: text(255) }, { ...id, tasks: list(byType({ task_card: taskCard }), { min: 0, max: 50 }) }),
  ),
  task_card: only(message, taskCard),
});

/** Everything that Slack would refuse about these blocks, as its own sentences with JSON pointers from `at`. */
export function blockProblems(
  blocks: unknown,
  surface: Surface,
  at: string,
  size: { min: number; max: number },
): string[] {
  const problems = new Problems(surface);
  list(block, size)(blocks, at, problems);
  const known = asObjects(blocks);
  uniqueIds(known, at, problems);
  const tables = known.filter((one) => one['type'] === 'table' || one['type'] === 'data_table');
  if (tables.length > 1) problems.add(at, 'only one table is allowed');
  return problems.messages;
}

function uniqueIds(blocks: readonly Json[], at: string, problems: Problems): void {
  const blockIds = new Set<string>();
  for (const [index, one] of blocks.entries()) {
    const blockId = asString(one['block_id']);
    if (blockId !== null && blockIds.has(blockId)) {
      problems.add(`${at}/${index}/block_id`, `\`block_id\` ${blockId} already exists`);
    }
    if (blockId !== null) blockIds.add(blockId);
    const actionIds = new Set<string>();
    for (const { actionId } of interactiveElements([one])) {
      if (actionIds.has(actionId)) {
        problems.add(`${at}/${index}`, `\`action_id\` ${actionId} already exists in this block`);
      }
      actionIds.add(actionId);
    }
  }
}
