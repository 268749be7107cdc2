/** The options of selects, radio buttons and checkboxes in one shape, whatever they are made of. */
import type { Slot } from './context.ts';
import { type Json, json, jsons, str, strings } from './read.ts';
import { words } from './text.ts';

export interface Option {
  value: string;
  label: string;
  detail: string;
  group: string;
  /** The option as the bot sent it, when it did. */
  source: Json | null;
}

function fromJson(option: Json, group: string): Option {
  return {
    value: str(option, 'value'),
    label: words(json(option, 'text')),
    detail: words(json(option, 'description')),
    group,
    source: option,
  };
}

/** All options that element offers; null when only the bot's server could tell (external selects). */
export function optionsOf(of: Json, slot: Slot): Option[] | null {
  const { directory } = slot.surface;
  const kind = str(of, 'type').replace(/^multi_/, '');
  switch (kind) {
    case 'users_select':
      return directory.users
        .filter((user) => !user.deleted)
        .map((user) => ({
          value: user.id,
          label: user.realName || user.name,
          detail: `@${user.name}`,
          group: '',
          source: null,
        }));
    case 'channels_select':
    case 'conversations_select':
      return directory.channels.map((channel) => ({
        value: channel.id,
        label: `#${channel.name}`,
        detail: '',
        group: '',
        source: null,
      }));
    case 'external_select':
      return null;
    default: {
      const groups = jsons(of, 'option_groups').flatMap((group) =>
        jsons(group, 'options').map((option) => fromJson(option, words(json(group, 'label')))),
      );
      return [...jsons(of, 'options').map((option) => fromJson(option, '')), ...groups];
    }
  }
}

const initialKeys = ['initial_users', 'initial_channels', 'initial_conversations'] as const;
const initialKey = ['initial_user', 'initial_channel', 'initial_conversation'] as const;

/** What stands chosen: what the person chose before, else what the bot asked for; only what is still offered. */
export function chosenValues(of: Json, slot: Slot, options: readonly Option[]): string[] {
  return wantedValues(of, slot).filter((value) => options.some((option) => option.value === value));
}

function wantedValues(of: Json, slot: Slot): string[] {
  const kept = slot.surface.values.get(slot.blockId, str(of, 'action_id'));
  if (kept !== undefined) return kept === null ? [] : Array.isArray(kept) ? kept : [kept];
  const one = json(of, 'initial_option');
  const several = jsons(of, 'initial_options').map((option) => str(option, 'value'));
  const ids = [
    ...initialKeys.flatMap((key) => strings(of, key)),
    ...initialKey.map((key) => str(of, key)).filter(Boolean),
  ];
  return [...(one ? [str(one, 'value')] : []), ...several, ...ids];
}
