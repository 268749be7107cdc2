import { interactiveElements } from '../elements.ts';
import { SlackError } from '../errors.ts';
import { asObject, asString, isObject, type Json } from '../json.ts';
import type { ActionAnswer, ViewClickRequest, ViewCloseRequest, ViewSubmitRequest } from '../page-api.ts';
import { checkView } from '../validate/view.ts';
import { type InputValues, stateValues } from '../view-state.ts';
import type { StoredView } from '../views.ts';
import type { UserDefinition } from '../workspace.ts';
import type { World } from '../world.ts';
import { actionOf, findElement } from './clicks.ts';
import { inputErrors } from './input-errors.ts';
import { actor, failureName, isRefusal, OK, payloadBase, refused } from './person.ts';

const TROUBLE = 'We had some trouble connecting. Try again?';

type Loose<T> = T & { force?: boolean };

/** Presses the modal's submit button; what Slack's client would refuse never reaches the bot. */
export async function submitView(world: World, request: Loose<ViewSubmitRequest>): Promise<ActionAnswer> {
  const found = locate(world, request);
  if (isRefusal(found)) return found;
  const { user, view } = found;
  if (view.definition['submit'] === undefined || view.definition['submit'] === null) {
    return refused('this modal has no submit button');
  }
  const kept = keep(view, request.values);
  if (isRefusal(kept)) return kept;
  const errors = inputErrors(view);
  if (Object.keys(errors).length > 0) {
    world.views.setErrors(view, errors);
    return refused(Object.values(errors).join(' '));
  }
  const delivery = await world.sockets.deliver('interactive', {
    type: 'view_submission',
    ...payloadBase(world, user),
    trigger_id: world.interactivity.newTrigger(user.id, view.id),
    view: world.views.wire(view),
    response_urls: [],
  });
  if (!delivery.acked) return refused(`${TROUBLE} ("${failureName(delivery)}")`);
  return respondToSubmission(world, view, delivery.payload);
}

/** Closes a modal by its close button. The bot is told only if the view asked for it. */
export async function closeView(world: World, request: Loose<ViewCloseRequest>): Promise<ActionAnswer> {
  const found = locate(world, request);
  if (isRefusal(found)) return found;
  const { user, view } = found;
  const clears = view.definition['clear_on_close'] === true;
  const closing = clears ? [...world.views.stack(user.id)].reverse() : [view];
  if (clears) world.views.clear(user.id);
  else world.views.close(view);
  for (const one of closing) {
    if (one.definition['notify_on_close'] !== true) continue;
    const payload = {
      type: 'view_closed',
      ...payloadBase(world, user),
      view: world.views.wire(one),
      is_cleared: clears,
    };
    const delivery = await world.sockets.deliver('interactive', payload);
    if (!delivery.acked) return refused(`the bot did not acknowledge ("${failureName(delivery)}")`);
  }
  return OK;
}

/** Uses a button, menu or dispatching input inside a modal or on the Home tab. */
export async function clickView(
  world: World,
  request: Loose<Omit<ViewClickRequest, 'blockId'>> & { blockId?: string },
): Promise<ActionAnswer> {
  const found = locate(world, request);
  if (isRefusal(found)) return found;
  const { user, view } = found;
  const target = findElement(view.blocks, request);
  if (isRefusal(target)) return target;
  const kept = keep(view, {
    ...request.values,
    ...(request.selected === undefined
      ? {}
      : {
          [target.blockId]: {
            ...request.values?.[target.blockId],
            [target.actionId]: request.selected,
          },
        }),
  });
  if (isRefusal(kept)) return kept;
  if (target.block['type'] === 'input' && target.block['dispatch_action'] !== true) return OK;
  const action = actionOf(world, target, view.values[target.blockId]?.[target.actionId]);
  if (isRefusal(action)) return action;
  const delivery = await world.sockets.deliver('interactive', {
    type: 'block_actions',
    ...payloadBase(world, user),
    container: { type: 'view', view_id: view.id },
    trigger_id: world.interactivity.newTrigger(user.id, view.id),
    view: world.views.wire(view),
    actions: [action],
  });
  return delivery.acked ? OK : refused(`${TROUBLE} ("${failureName(delivery)}")`);
}

function locate(
  world: World,
  request: { user: string; viewId: string; force?: boolean },
): { user: UserDefinition; view: StoredView } | (ActionAnswer & { ok: false }) {
  const user = actor(world, request.user, request.force);
  if (isRefusal(user)) return user;
  const view = world.views.find(request.viewId);
  if (!view || view.user !== user.id) return refused(`${user.name} has no view ${request.viewId} open`);
  if (view.type === 'modal' && world.views.stack(user.id).at(-1) !== view) {
    return refused('another modal lies on top of this one');
  }
  return { user, view };
}

/** Remembers what stands in the inputs; refuses values that the inputs cannot hold. */
function keep(view: StoredView, values: InputValues): { kept: true } | (ActionAnswer & { ok: false }) {
  const known = interactiveElements(view.blocks);
  for (const [blockId, actions] of Object.entries(values)) {
    for (const actionId of Object.keys(actions)) {
      if (!known.some((one) => one.blockId === blockId && one.actionId === actionId)) {
        const there = known.map((one) => `${one.blockId}/${one.actionId}`).join(', ') || 'none';
        return refused(`there is no input ${blockId}/${actionId}; there are: ${there}`);
      }
    }
  }
  const merged = structuredClone(view.values);
  for (const [blockId, actions] of Object.entries(values)) {
    merged[blockId] = { ...merged[blockId], ...actions };
  }
  try {
    stateValues(view.blocks, merged);
  } catch (error) {
    if (error instanceof RangeError) return refused(error.message);
    throw error;
  }
  view.values = merged;
  return { kept: true };
}

/** Does what the acknowledgement of a submission says: nothing (close), errors, update, push or clear. */
function respondToSubmission(world: World, view: StoredView, answer: Json): ActionAnswer {
  const action = asString(answer['response_action']);
  try {
    switch (action) {
      case null:
        world.views.close(view);
        return OK;
      case 'clear':
        world.views.clear(view.user);
        return OK;
      case 'errors':
        return showErrors(world, view, asObject(answer['errors']));
      case 'update': {
        const next = viewOf(answer);
        world.views.update(view, next, null);
        return OK;
      }
      case 'push':
        world.views.push(view.user, viewOf(answer));
        return OK;
      default:
        throw new SlackError(`unknown response_action "${action}"`);
    }
  } catch (error) {
    if (!(error instanceof SlackError)) throw error;
    world.journal.warn('view_submission', `the acknowledgement was refused: ${error.message}`);
    return refused(TROUBLE);
  }
}

function viewOf(answer: Json): Json {
  const view = answer['view'];
  if (!isObject(view)) throw new SlackError('the acknowledgement has no view');
  checkView(view, 'modal');
  return view;
}

function showErrors(world: World, view: StoredView, given: Json): ActionAnswer {
  const errors: Record<string, string> = {};
  for (const [blockId, text] of Object.entries(given)) {
    const input = view.blocks.find((block) => block.block_id === blockId && block.type === 'input');
    if (!input) throw new SlackError(`errors name "${blockId}", which is no input block of the view`);
    errors[blockId] = String(text);
  }
  if (Object.keys(errors).length === 0) throw new SlackError('response_action errors without any error');
  world.views.setErrors(view, errors);
  return OK;
}
