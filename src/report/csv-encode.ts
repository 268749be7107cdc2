/**
 * CSV as RFC 4180 has it (comma, double quotes, CRLF), made safe for spreadsheets.
 *
 * A byte order mark leads every file: without one Excel reads UTF-8 as the local code page, and a file
 * that has it always does not change its shape on the day of the first umlaut. Machines have the JSON.
 *
 * Formulas: text that begins with = + - @ (also full width), a tab or a carriage return is shown by
 * spreadsheets as the result of a formula; a leading apostrophe makes it text (OWASP, "CSV Injection").
 * Where the list separator is a semicolon, Excel splits at semicolons and takes our quotes as ordinary
 * characters: so what follows a semicolon is treated the same, and a cell never holds a line break.
 */
import { visibleLine } from './visible-text.ts';

/** Numbers stay numbers (a negative one is no formula); null is an empty cell. */
export type Cell = string | number | null;

const BOM = '\ufeff';
/** Only white space or quotes before a sign that begins a formula: some programs skip both. */
const FORMULA = /(^|;)([\s'"]*)(?=[=+\-@＝＋－＠﹦﹢﹣﹫])/g;

/** The file: BOM, header, one physical line per row. */
export function csvFile(header: readonly string[], rows: Iterable<readonly Cell[]>): string {
  const lines = [header.map(cell).join(',')];
  for (const row of rows) {
    if (row.length !== header.length)
      throw new RangeError(`a row of ${row.length} cells under ${header.length}`);
    lines.push(row.map(cell).join(','));
  }
  return `${BOM}${lines.join('\r\n')}\r\n`;
}

function cell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = harmless(value);
  return /[",;]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One visible line that no spreadsheet takes for a formula. */
export function harmless(value: string): string {
  const text = visibleLine(value).replace(FORMULA, (_all, before: string, gap: string) => `${before}'${gap}`);
  return /^[\t\r\n]/.test(value) && !text.startsWith("'") ? `'${text}` : text;
}
