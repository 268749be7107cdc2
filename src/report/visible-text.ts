/**
 * Foreign text (names, tags, command output) for people's eyes: what is invisible or turns the reading
 * direction is taken out, so that a name cannot pass itself off as another. JSON keeps the original.
 */
const CONTROL = /(?![\t\n])\p{Cc}/gu;
/** Bidirectional controls, zero-width characters, tags, soft hyphen, byte order mark. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
const LINE_BREAK = /\r\n?|[\u0085\u2028\u2029]/g;
/** A terminal's colour and cursor codes, as tools print them even into a pipe. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC is what such a code begins with
const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** Lines of visible text; line breaks are \n. */
export function visibleLines(raw: string): string {
  return raw
    .replace(ANSI, '')
    .replace(LINE_BREAK, '\n')
    .replace(CONTROL, '')
    .replace(INVISIBLE, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

/** The same in one line; a line break is shown as ⏎. */
export function visibleLine(raw: string): string {
  return visibleLines(raw)
    .trim()
    .replace(/\s*\n\s*/g, ' ⏎ ')
    .replace(/[\t\p{Zs}]+/gu, ' ');
}
