import { asObjects, asString, isObject, type Json } from './json.ts';
import type { PageBlock } from './page-api.ts';

/** An element that a person can use, and where it stands. */
export interface InteractiveElement {
  blockId: string;
  actionId: string;
  element: Json;
  block: Json;
}

/** Every element with an action_id, in reading order, also inside containers and cards. */
export function interactiveElements(blocks: readonly (PageBlock | Json)[]): InteractiveElement[] {
  return blocks.flatMap((block) => {
    const blockId = asString(block['block_id']) ?? '';
    const own = [
      ...asObjects(block['elements']),
      ...asObjects(block['actions']),
      ...[block['accessory'], block['element']].filter(isObject),
    ];
    const cards = own.filter((one) => one['type'] === 'card');
    const nested = interactiveElements([...cards, ...asObjects(block['child_blocks'])]);
    const found = own.flatMap((element) => {
      const actionId = asString(element['action_id']);
      return actionId === null ? [] : [{ blockId, actionId, element, block: { ...block } }];
    });
    return [...found, ...nested];
  });
}

/** Gives each interactive element without an action_id one, as Slack does. Changes the blocks in place. */
export function addActionIds(blocks: readonly (PageBlock | Json)[], next: () => string): void {
  for (const block of blocks) {
    const own = [
      ...asObjects(block['elements']),
      ...asObjects(block['actions']),
      ...[block['accessory'], block['element']].filter(isObject),
    ];
    for (const element of own) {
      const type = String(element['type']);
      const passive = /^(image|mrkdwn|plain_text|rich_text|card)/.test(type) && type !== 'plain_text_input';
      if ((!passive || type === 'rich_text_input') && asString(element['action_id']) === null) {
        element['action_id'] = next();
      }
      if (type === 'card') addActionIds([element], next);
    }
    addActionIds(asObjects(block['child_blocks']), next);
  }
}
