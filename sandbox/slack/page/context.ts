/** What the renderers need from the rest of the page, so that blocks know nothing of stores or servers. */
import type { ActionAnswer, PageChannel, PageUser } from '../page-api.ts';

export interface Directory {
  /** Id of the person in front of the page. */
  me: string;
  users: readonly PageUser[];
  channels: readonly PageChannel[];
  groups: readonly { id: string; handle: string; name: string; members: string[] }[];
}

/** Value of one interactive element: text, chosen option value(s), or null when empty. */
export type Value = string | string[] | null;

/** What a person has entered and chosen, kept while the message or view is drawn again. */
export class FormValues {
  readonly #values = new Map<string, Value>();

  get(blockId: string, actionId: string): Value | undefined {
    return this.#values.get(key(blockId, actionId));
  }

  set(blockId: string, actionId: string, value: Value): void {
    this.#values.set(key(blockId, actionId), value);
  }

  /** The values in the shape of Slack's view.state.values, for the given elements only. */
  pick(elements: readonly { blockId: string; actionId: string }[]): Record<string, Record<string, Value>> {
    const result: Record<string, Record<string, Value>> = {};
    for (const { blockId, actionId } of elements) {
      const block = result[blockId] ?? {};
      block[actionId] = this.get(blockId, actionId) ?? null;
      result[blockId] = block;
    }
    return result;
  }
}

function key(blockId: string, actionId: string): string {
  return `${blockId}\n${actionId}`;
}

/** A message or a modal: where blocks are drawn and where their clicks go. */
export interface Surface {
  kind: 'message' | 'modal';
  directory: Directory;
  values: FormValues;
  /** block_id → what is wrong with that input. */
  errors: Readonly<Record<string, string>>;
  /** Tells the bot of a click or choice. */
  dispatch(blockId: string, actionId: string, selected?: string[]): Promise<ActionAnswer>;
}

/** One place in a block that holds an interactive element. */
export interface Slot {
  surface: Surface;
  blockId: string;
  /** Whether a choice is sent to the bot at once (it is, except in an input block without dispatch_action). */
  dispatches: boolean;
  /** Accessible name from the input block's label; elements elsewhere name themselves. */
  label: string;
  describedBy: string | null;
}

export function userName(directory: Directory, id: string): string {
  const user = directory.users.find((candidate) => candidate.id === id);
  return user ? user.realName || user.name : id;
}
