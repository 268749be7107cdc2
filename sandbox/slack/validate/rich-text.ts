import { byType, type Check, flag, list, oneOf, type Problems, shape, text, url, whole } from './shape.ts';

const style = shape(
  {},
  { bold: flag, italic: flag, strike: flag, code: flag, underline: flag, highlight: flag, unlink: flag },
);
const id = text(255);
const anyWhole = whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

const inline = byType({
  text: shape({ text: text(12_000) }, { style }),
  link: shape({ url }, { text: text(12_000), unsafe: flag, style }),
  emoji: shape({ name: text(255) }, { unicode: text(255), url, style, skin_tone: whole(1, 6) }),
  user: shape({ user_id: id }, { style }),
  usergroup: shape({ usergroup_id: id }, { style }),
  channel: shape({ channel_id: id }, { style }),
  team: shape({ team_id: id }, { style }),
  broadcast: shape({ range: oneOf('here', 'channel', 'everyone') }, { style }),
  color: shape({ value: text(255) }, { style }),
  date: shape({ timestamp: anyWhole, format: text(255) }, { url, fallback: text(255), style }),
});

const section = shape({ elements: list(inline, { min: 0, max: 1_000 }) });
const border = { border: whole(0, 1) };

const part = byType({
  rich_text_section: section,
  rich_text_list: shape(
    {
      elements: list(byType({ rich_text_section: section }), { max: 1_000 }),
      style: oneOf('bullet', 'ordered'),
    },
    { indent: whole(0, 8), offset: whole(0, 10_000), ...border },
  ),
  rich_text_quote: shape({ elements: list(inline, { max: 1_000 }) }, border),
  rich_text_preformatted: shape(
    { elements: list(inline, { max: 1_000 }) },
    { ...border, language: text(255) },
  ),
});

/** A rich_text block, also where it stands inside a table cell or a task card. */
export const richText: Check = (value: unknown, at: string, problems: Problems) =>
  byType({
    rich_text: shape({ elements: list(part, { max: 1_000 }) }, { block_id: text(255) }),
  })(value, at, problems);
