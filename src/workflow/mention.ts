/**
 * People and groups inside sentences. The sentences are plain text, so a mention is marked with two
 * private-use characters that no keyboard types; the front end turns the marks into its own mentions.
 * Foreign text passes through `foreign` first, which takes such characters out.
 */
const OPEN = '\uE000';
const CLOSE = '\uE001';
const MARK = /\uE000([A-Z0-9]{2,21})\uE001/g;

/** A Slack user or user group by its id. */
export function mention(id: string): string {
  return `${OPEN}${id}${CLOSE}`;
}

/** Who did it: a person, or Patchday by itself (the actor 'patchday' of the audit). */
export function doer(actor: string): string {
  return actor === 'patchday' ? 'Patchday' : mention(actor);
}

/** Text from outside (names, tags, error messages, what people type), with nothing in it that could pass for a mention. */
export function foreign(text: string): string {
  return text.replace(/[\uE000\uE001]/g, '');
}

/** Replaces every mark by what `show` makes of its id. */
export function showMentions(text: string, show: (id: string) => string): string {
  return text.replace(MARK, (_, id: string) => show(id));
}

/** For files and logs: "@U0123ABC". */
export function plainMentions(text: string): string {
  return showMentions(text, (id) => `@${id}`);
}
