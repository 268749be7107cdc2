import { type InteractiveElement, interactiveElements } from '../elements.ts';
import { isObject, type Json } from '../json.ts';
import type { ActionAnswer, ClickRequest, PageBlock } from '../page-api.ts';
import { elementValue, isStateful, stateValues } from '../view-state.ts';
import { wireMessage } from '../wire-message.ts';
import type { World } from '../world.ts';
import { actor, failureName, isRefusal, OK, payloadBase, refused, seenChannel } from './person.ts';

export type LooseClick = Omit<ClickRequest, 'blockId'> & { blockId?: string; force?: boolean };

/**
 * Uses a button, menu or picker of a message. Resolves when the bot has acknowledged it, or after 3 s with what
 * the person would see.
 */
export async function clickMessage(world: World, request: LooseClick): Promise<ActionAnswer> {
  const user = actor(world, request.user, request.force);
  if (isRefusal(user)) return user;
  const channel = seenChannel(world, request.channel, user);
  if (isRefusal(channel)) return channel;
  const message = world.messages.find(channel.id, request.ts);
  if (!message || (message.ephemeralTo !== null && message.ephemeralTo !== user.id)) {
    return refused(`${user.name} sees no message ${request.ts} in #${channel.name}`);
  }
  const target = findElement(message.blocks, request);
  if (isRefusal(target)) return target;
  const action = actionOf(world, target, request.selected);
  if (isRefusal(action)) return action;
  const ephemeral = message.ephemeralTo !== null;
  const threadTs = message.threadTs;
  const given =
    request.selected === undefined ? {} : { [target.blockId]: { [target.actionId]: request.selected } };
  const delivery = await world.sockets.deliver('interactive', {
    type: 'block_actions',
    ...payloadBase(world, user),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: ephemeral,
      ...(threadTs === null ? {} : { thread_ts: threadTs }),
    },
    trigger_id: world.interactivity.newTrigger(user.id),
    channel: { id: channel.id, name: channel.isDirect ? 'directmessage' : channel.name },
    // Slack sends no message along for an ephemeral one.
    ...(ephemeral ? {} : { message: wireMessage(world, message) }),
    state: { values: stateValues(message.blocks, given) },
    response_url: `${world.url}${world.interactivity.newResponsePath({
      channel: channel.id,
      user: user.id,
      ts: message.ts,
      threadTs,
    })}`,
    actions: [action],
  });
  return delivery.acked ? OK : refused(`This app didn't answer in time ("${failureName(delivery)}").`);
}

/** The element a person points at; without a block id, the only one with that action id. */
export function findElement(
  blocks: readonly PageBlock[],
  wanted: { blockId?: string; actionId: string },
): InteractiveElement | (ActionAnswer & { ok: false }) {
  const all = interactiveElements(blocks);
  const found = all.filter(
    (one) =>
      one.actionId === wanted.actionId && (wanted.blockId === undefined || one.blockId === wanted.blockId),
  );
  const [only] = found;
  if (!only) {
    const there = all.map((one) => `${one.blockId}/${one.actionId}`).join(', ') || 'none';
    return refused(`there is no element ${wanted.blockId ?? '*'}/${wanted.actionId}; there are: ${there}`);
  }
  if (found.length > 1) {
    return refused(`${found.length} elements are called ${wanted.actionId}: say which block`);
  }
  return only;
}

/** The entry of `actions` in a block_actions payload. */
export function actionOf(
  world: World,
  target: InteractiveElement,
  selected: string | string[] | null | undefined,
): Json | (ActionAnswer & { ok: false }) {
  const { element } = target;
  const type = String(element['type']);
  const action: Json = { type, action_id: target.actionId, block_id: target.blockId };
  for (const key of ['text', 'value', 'url', 'style', 'placeholder', 'icon'] as const) {
    if (element[key] !== undefined && !(type === 'overflow' && key === 'text')) action[key] = element[key];
  }
  action['action_ts'] = world.ids.ts();
  if (type === 'feedback_buttons') {
    const button = [element['positive_button'], element['negative_button']]
      .filter(isObject)
      .find((one) => one['value'] === (Array.isArray(selected) ? selected[0] : selected));
    if (!button) return refused('choose one of the two feedback buttons by its value');
    return { ...action, text: button['text'], value: button['value'] };
  }
  if (!isStateful(type) && type !== 'overflow') return action;
  if (selected === undefined) return refused(`choose a value for ${target.actionId}`);
  try {
    return { ...action, ...elementValue(element, selected) };
  } catch (error) {
    if (error instanceof RangeError) return refused(error.message);
    throw error;
  }
}
