import { SlackError } from '../errors.ts';
import type { Json } from '../json.ts';
import { checkView } from '../validate/view.ts';
import type { StoredView } from '../views.ts';
import type { World } from '../world.ts';
import type { Arguments } from './arguments.ts';
import { userFor } from './lookup.ts';
import type { Methods } from './method.ts';

/** docs.slack.dev/reference/methods/views.* */
export const viewMethods: Methods = {
  'views.open': { scope: null, tier: 4, token: 'bot', run: open },
  'views.push': { scope: null, tier: 4, token: 'bot', run: push },
  'views.update': { scope: null, tier: 4, token: 'bot', run: update },
  'views.publish': { scope: null, tier: 4, token: 'bot', run: publish },
};

function open(args: Arguments, world: World): Json {
  const { user, view, triggerId } = begin(args, world);
  const opened = world.views.open(user, view);
  world.interactivity.use(triggerId);
  return { view: world.views.wire(opened) };
}

function push(args: Arguments, world: World): Json {
  const { user, fromView, view, triggerId } = begin(args, world);
  // Only an interaction inside a modal gives a trigger that can push onto it.
  if (fromView === null || world.views.stack(user).length === 0) throw new SlackError('invalid_trigger_id');
  const pushed = world.views.push(user, view);
  world.interactivity.use(triggerId);
  return { view: world.views.wire(pushed) };
}

function update(args: Arguments, world: World): Json {
  const view = args.requiredObject('view');
  const target = targetOf(args, world);
  checkView(view, target.type);
  return { view: world.views.wire(world.views.update(target, view, args.string('hash'))) };
}

function publish(args: Arguments, world: World): Json {
  const user = userFor(world, args.required('user_id'));
  const view = args.requiredObject('view');
  checkView(view, 'home');
  return { view: world.views.wire(world.views.publish(user.id, view, args.string('hash'))) };
}

function begin(args: Arguments, world: World) {
  const triggerId = args.string('trigger_id') ?? args.required('interactivity_pointer');
  const view = args.requiredObject('view');
  const trigger = world.interactivity.check(triggerId);
  checkView(view, 'modal');
  return { ...trigger, triggerId, view };
}

function targetOf(args: Arguments, world: World): StoredView {
  const id = args.string('view_id');
  const external = args.string('external_id');
  if (id === null && external === null) args.required('view_id');
  const found =
    id !== null
      ? world.views.find(id)
      : external !== null
        ? world.views.findByExternalId(external)
        : undefined;
  if (!found) throw new SlackError('not_found');
  return found;
}
