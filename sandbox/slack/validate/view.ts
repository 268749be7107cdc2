import { SlackError } from '../errors.ts';
import { asObjects, type Json } from '../json.ts';
import { blockProblems } from './blocks.ts';
import { plain } from './composition.ts';
import { type Check, flag, Problems, shape, text } from './shape.ts';

const VIEW_BLOCKS_MAX = 100;
const VIEW_BYTES_MAX = 250 * 1024;
const anything: Check = () => {};

const common = { callback_id: text(255, 0), external_id: text(255, 0), private_metadata: text(3_000, 0) };

const inputsNeedSubmit: Check = (value, at, problems) => {
  const view = value as Json;
  const hasInput = asObjects(view['blocks']).some((block) => block['type'] === 'input');
  if (hasInput && !view['submit'])
    problems.add(at, 'missing required field: submit (there are input blocks)');
};

const SHAPES = {
  modal: shape(
    { title: plain(24), blocks: anything },
    {
      ...common,
      submit: plain(24),
      close: plain(24),
      clear_on_close: flag,
      notify_on_close: flag,
      submit_disabled: flag,
    },
    inputsNeedSubmit,
  ),
  home: shape({ blocks: anything }, common),
} as const;

/**
 * Refuses what Slack refuses in a view (docs.slack.dev/reference/views): `invalid_arguments` with pointers,
 * `view_too_large`.
 */
export function checkView(view: Json, type: 'modal' | 'home'): void {
  const problems = new Problems(type);
  if (view['type'] !== type) problems.add('/view/type', `must be ${type}`);
  SHAPES[type](view, '/view', problems);
  const inBlocks = blockProblems(view['blocks'] ?? [], type, '/view/blocks', {
    min: 0,
    max: VIEW_BLOCKS_MAX,
  });
  const all = [...problems.messages, ...inBlocks];
  if (all.length > 0) throw new SlackError('invalid_arguments', all);
  if (Buffer.byteLength(JSON.stringify(view)) > VIEW_BYTES_MAX) throw new SlackError('view_too_large');
}
