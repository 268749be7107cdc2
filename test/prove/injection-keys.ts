/**
 * Hostile texts as the keys of tags. A key comes out as it is in report.json; as the reason why an instance is
 * protected on the card, under View all, in the plan's CSV and in every report; and as a filter, as it was typed, on
 * the card, in the page and in report.json.
 */
import type { SmallFleetOptions } from '../../sandbox/aws/fleet/small-fleet.ts';
import { escapeTyped } from '../../sandbox/slack/client/escape.ts';
import { defaultWorkspace } from '../../sandbox/slack/default-workspace.ts';
import { Workspace } from '../../sandbox/slack/workspace.ts';
import { parseCommand } from '../../src/slack/parse.ts';

const WORKSPACE = new Workspace(defaultWorkspace);

/** EC2 takes no more than 128 characters in a key, which are Unicode, and keeps `aws:` for itself. */
export const asKey = (text: string, longest = 128): string =>
  text.slice(0, longest).toWellFormed().replace(/^aws:/i, 'aws ');

/** Marks the tag whose key is the text itself. */
export const KEYED = 'keyed';
/** Marks the tag, by a hostile key, that protects an instance. */
export const KEPT = 'kept';
/** Marks a tag that is filtered by. */
const FILTERED = 'filtered';

/** The keys that can be typed as filters, as Patchday understands them: other ones than the texts themselves. */
export function typedKeys(texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const key = readKey(filter(`${asKey(text, 126)} f`));
    // What is shown on a card can be typed again: that is how it gets there as one word.
    return key !== null && readKey(filter(key)) === key ? [key] : [];
  });
}

const filter = (key: string) => `tag:"${key.replace(/"/g, "'")}"=${FILTERED}`;

/** The key that Patchday reads when this is typed in Slack, which makes links of names; null when it is no filter. */
function readKey(typed: string): string | null {
  const sent = escapeTyped(`scan test ${typed}`, WORKSPACE);
  const parsed = parseCommand(sent, { environments: ['test'], landingZones: [] });
  if (!parsed.ok || parsed.command.do !== 'scan') return null;
  const { tags } = parsed.command.scope;
  return tags.length === 1 && tags[0]?.value === FILTERED ? tags[0].key : null;
}

/** What is typed to scan the instances that have all of these tags. */
export const scanFor = (keys: readonly string[]): string => ['scan test', ...keys.map(filter)].join(' ');

/** Tags that every instance of the job has, so that the scan finds it. */
export const filteredTags = (keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(keys.map((key) => [key, FILTERED]));

/** Instances that are protected by a tag whose key is one of the texts. */
export function protectedInstances(
  texts: readonly string[],
  from: number,
): NonNullable<SmallFleetOptions['instances']> {
  return Object.fromEntries(
    texts.map((text, i) => [`linux-${from + i + 1}`, { tags: { [asKey(text)]: KEPT } }]),
  );
}

/** The configuration that protects them. */
export const protectedTags = (texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(texts.map((text) => [asKey(text), KEPT]));
