import {
  confirm,
  imageMembers,
  imageSource,
  initialAmongOptions,
  oneSourceOfOptions,
  plain,
  plainOption,
  richOption,
  selectOptions,
} from './composition.ts';
import { richText } from './rich-text.ts';
import { byType, type Check, flag, list, oneOf, only, pattern, shape, text, url, whole } from './shape.ts';

/** Block elements with the limits of docs.slack.dev/reference/block-kit/block-elements. */
const actionId = text(255);
const placeholder = plain(150);
const date = pattern(/^\d{4}-\d{2}-\d{2}$/, 'a date YYYY-MM-DD');
const time = pattern(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time HH:mm');
const id = text(255);
const ids = list(id, { min: 0, max: 100 });
const label = { accessibility_label: text(75) };
const common = { action_id: actionId, confirm, focus_on_load: flag };
const menu = { ...common, placeholder };
const many = { ...menu, max_selected_items: whole(1, 100) };
const filter = shape(
  {},
  {
    include: list(oneOf('im', 'mpim', 'private', 'public'), { max: 4 }),
    exclude_external_shared_channels: flag,
    exclude_bot_users: flag,
  },
);
const conversation = { default_to_current_conversation: flag, filter };
const dispatch = shape(
  {},
  { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), { max: 2 }) },
);
const input = { action_id: actionId, focus_on_load: flag, placeholder, dispatch_action_config: dispatch };
const modal = ['modal'] as const;
const optionRules: Check = (value, at, problems) => {
  oneSourceOfOptions(value, at, problems);
  initialAmongOptions(value, at, problems);
};

const button = shape(
  { text: plain(75) },
  {
    action_id: actionId,
    confirm,
    ...label,
    value: text(2_000, 0),
    url,
    style: oneOf('primary', 'danger'),
  },
);
const image = shape({ alt_text: text(2_000) }, imageMembers, imageSource);
const overflow = shape({ options: list(plainOption, { min: 1, max: 5 }) }, { action_id: actionId, confirm });
const workflowButton = only(
  ['message'],
  shape(
    {
      text: plain(75),
      workflow: shape({ trigger: shape({ url }, { customizable_input_parameters: () => {} }) }),
    },
    { action_id: actionId, confirm, ...label, style: oneOf('primary', 'danger') },
  ),
);

const choices = {
  checkboxes: shape(
    { options: list(richOption, { max: 10 }) },
    { ...common, initial_options: list(richOption, { max: 10 }) },
    initialAmongOptions,
  ),
  radio_buttons: shape(
    { options: list(richOption, { max: 10 }) },
    { ...common, initial_option: richOption },
    initialAmongOptions,
  ),
  datepicker: shape({}, { ...menu, initial_date: date }),
  timepicker: shape({}, { ...menu, initial_time: time, timezone: text(255) }),
  static_select: shape({}, { ...menu, ...selectOptions, initial_option: plainOption }, optionRules),
  external_select: shape({}, { ...menu, initial_option: plainOption, min_query_length: whole(0, 100) }),
  users_select: shape({}, { ...menu, initial_user: id }),
  conversations_select: shape(
    {},
    { ...menu, ...conversation, initial_conversation: id, response_url_enabled: flag },
  ),
  channels_select: shape({}, { ...menu, initial_channel: id, response_url_enabled: flag }),
  multi_static_select: shape(
    {},
    { ...many, ...selectOptions, initial_options: list(plainOption, { max: 100 }) },
    optionRules,
  ),
  multi_external_select: shape(
    {},
    { ...many, initial_options: list(plainOption, { max: 100 }), min_query_length: whole(0, 100) },
  ),
  multi_users_select: shape({}, { ...many, initial_users: ids }),
  multi_conversations_select: shape({}, { ...many, ...conversation, initial_conversations: ids }),
  multi_channels_select: shape({}, { ...many, initial_channels: ids }),
};
const datetimepicker = only(
  ['message', 'modal'],
  shape({}, { ...common, initial_date_time: whole(1_000_000_000, 9_999_999_999) }),
);
const richTextInput = shape(
  {},
  { ...input, initial_value: richText, min_lines: whole(1, 100), max_lines: whole(1, 100) },
);

/** What may stand beside a section's text. */
export const sectionAccessory = byType({
  ...choices,
  button,
  image,
  overflow,
  workflow_button: workflowButton,
});

/** What may stand in an actions block. */
export const actionsElement = byType({
  ...choices,
  button,
  datetimepicker,
  overflow,
  workflow_button: workflowButton,
  rich_text_input: richTextInput,
});

/** What an input block may hold. */
export const inputElement = byType({
  ...choices,
  datetimepicker,
  rich_text_input: richTextInput,
  plain_text_input: shape(
    {},
    {
      ...input,
      initial_value: text(3_000, 0),
      multiline: flag,
      min_length: whole(0, 3_000),
      max_length: whole(1, 3_000),
    },
  ),
  number_input: only(
    modal,
    shape(
      { is_decimal_allowed: flag },
      { ...input, initial_value: text(255), min_value: text(255), max_value: text(255) },
    ),
  ),
  email_text_input: only(modal, shape({}, { ...input, initial_value: text(3_000) })),
  url_text_input: only(modal, shape({}, { ...input, initial_value: text(3_000) })),
  file_input: only(
    modal,
    shape({}, { action_id: actionId, filetypes: list(text(255), { max: 100 }), max_files: whole(1, 10) }),
  ),
});

const feedbackButton = shape({ text: plain(75), value: text(2_000) }, label);

/** What a context_actions block may hold. */
export const contextAction = byType({
  feedback_buttons: shape(
    { positive_button: feedbackButton, negative_button: feedbackButton },
    { action_id: actionId },
  ),
  icon_button: shape(
    { icon: oneOf('trash'), text: plain(75) },
    {
      action_id: actionId,
      confirm,
      ...label,
      value: text(2_000),
      visible_to_user_ids: list(id, { max: 10 }),
    },
  ),
});

export const cardButton = byType({ button });
export const imageElement = byType({ image });
