import { isDeepStrictEqual } from 'node:util';
import { asObjects, isObject } from '../json.ts';
import { byType, type Check, exactlyOne, flag, list, oneOf, shape, text, url } from './shape.ts';

/** Text objects, options and confirm dialogs, with the lengths of docs.slack.dev/reference/block-kit/composition-objects. */
export function plain(max: number): Check {
  return byType({ plain_text: shape({ text: text(max) }, { emoji: flag }) });
}

export function mrkdwn(max: number): Check {
  return byType({ mrkdwn: shape({ text: text(max) }, { verbatim: flag }) });
}

export function anyText(max: number): Check {
  return byType({
    plain_text: shape({ text: text(max) }, { emoji: flag }),
    mrkdwn: shape({ text: text(max) }, { verbatim: flag }),
  });
}

/** The published lengths of `value` differ (75 and 150): the shorter one holds here. */
const OPTION_VALUE_MAX = 75;

export function option(label: Check): Check {
  return shape({ text: label, value: text(OPTION_VALUE_MAX) }, { description: anyText(75), url });
}

export const plainOption = option(plain(75));
export const richOption = option(anyText(75));

const optionGroup = shape({ label: plain(75), options: list(plainOption, { max: 100 }) });

/** `options` and `option_groups` of a select menu: one of the two. */
export const selectOptions = {
  options: list(plainOption, { max: 100 }),
  option_groups: list(optionGroup, { max: 100 }),
};
export const oneSourceOfOptions = exactlyOne('options', 'option_groups');

/** What is chosen at first must be among the options, or Slack refuses the block. */
export const initialAmongOptions: Check = (value, at, problems) => {
  if (!isObject(value)) return;
  const groups = asObjects(value['option_groups']).flatMap((group) => asObjects(group['options']));
  const all = [...asObjects(value['options']), ...groups];
  const initial = [
    ...(isObject(value['initial_option']) ? [value['initial_option']] : []),
    ...asObjects(value['initial_options']),
  ];
  for (const one of initial) {
    const known = all.some((candidate) => isDeepStrictEqual(candidate, one));
    if (!known) problems.add(at, `initial option "${String(one['value'])}" is not among the options`);
  }
};

/** All four are needed, though the types say otherwise. */
export const confirm = shape(
  { title: plain(100), text: anyText(300), confirm: plain(30), deny: plain(30) },
  { style: oneOf('primary', 'danger') },
);

export const imageSource = exactlyOne('image_url', 'slack_file');
export const imageMembers = { image_url: url, slack_file: shape({}, { id: text(255), url }) };
