import { isObject } from '../json.ts';
import { richText } from './rich-text.ts';
import { byType, type Check, flag, list, oneOf, shape, text, whole } from './shape.ts';
import { textLength } from './text-length.ts';

const COLUMNS_MAX = 20;
const ROWS_MAX = 100;
const CHARACTERS_MAX = 10_000;

const number: Check = (value, at, problems) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) problems.add(at, 'must be a number');
};
const rawText = shape({ text: text(CHARACTERS_MAX, 0) });
const rawNumber = shape({ value: number, text: text(255) });
const cell = byType({ raw_text: rawText, raw_number: rawNumber, rich_text: richText });
const headerCell = byType({ raw_text: rawText, raw_number: rawNumber });

const notTooLong: Check = (value, at, problems) => {
  const length = isObject(value) ? textLength(value['rows']) : 0;
  if (length > CHARACTERS_MAX)
    problems.add(at, `must have less than ${CHARACTERS_MAX + 1} characters in all`);
};

/** docs.slack.dev/reference/block-kit/blocks/table-block */
export const table = shape(
  { rows: list(list(cell, { max: COLUMNS_MAX }), { max: ROWS_MAX }) },
  {
    block_id: text(255),
    column_settings: list(shape({}, { align: oneOf('left', 'center', 'right'), is_wrapped: flag }), {
      min: 0,
      max: COLUMNS_MAX,
    }),
  },
  notTooLong,
);

const rectangular: Check = (value, at, problems) => {
  const rows = isObject(value) && Array.isArray(value['rows']) ? value['rows'] : [];
  const widths = new Set(rows.map((row) => (Array.isArray(row) ? row.length : 0)));
  if (widths.size > 1) problems.add(`${at}/rows`, 'every row must have as many cells as the first');
  if (Array.isArray(rows[0])) {
    for (const [index, one] of rows[0].entries()) headerCell(one, `${at}/rows/0/${index}`, problems);
  }
  notTooLong(value, at, problems);
};

/** docs.slack.dev/reference/block-kit/blocks/data-table-block; the first row is the header. */
export const dataTable = shape(
  { rows: list(list(cell, { max: COLUMNS_MAX }), { max: ROWS_MAX + 1 }), caption: text(255) },
  { block_id: text(255), page_size: whole(1, 100), row_header_column_index: whole(0, COLUMNS_MAX - 1) },
  rectangular,
);
