import type { Changes } from './changes.ts';
import { SlackError } from './errors.ts';
import type { Ids } from './ids.ts';
import { asObject, asObjects, asString, type Json } from './json.ts';
import type { PageBlock, PageView } from './page-api.ts';
import { type InputValues, keptValues, stateValues } from './view-state.ts';
import type { WorkspaceDefinition } from './workspace.ts';

/** Slack's deepest stack of modals. */
export const MAX_STACK = 3;

export interface StoredView {
  id: string;
  type: 'modal' | 'home';
  user: string;
  definition: Json;
  blocks: PageBlock[];
  hash: string;
  rootId: string;
  previousId: string | null;
  errors: Record<string, string>;
  values: InputValues;
}

/** The modals that are open, a stack per person, and everybody's Home tab. */
export class ViewStore {
  private readonly stacks = new Map<string, StoredView[]>();
  private readonly homes = new Map<string, StoredView>();
  private readonly ids: Ids;
  private readonly changes: Changes;
  private readonly owner: { team: WorkspaceDefinition['team']; app: WorkspaceDefinition['app'] };

  constructor(ids: Ids, changes: Changes, owner: ViewStore['owner']) {
    this.ids = ids;
    this.changes = changes;
    this.owner = owner;
  }

  /** Shows a modal in place of whatever the person had open. */
  open(user: string, definition: Json): StoredView {
    this.refuseDuplicate(definition, null);
    const view = this.build(user, 'modal', definition);
    this.stacks.set(user, [view]);
    this.announce(user);
    return view;
  }

  push(user: string, definition: Json): StoredView {
    this.refuseDuplicate(definition, null);
    const stack = this.stack(user);
    if (stack.length >= MAX_STACK) throw new SlackError('push_limit_reached');
    const top = stack.at(-1);
    const view = this.build(user, 'modal', definition);
    if (top) Object.assign(view, { rootId: top.rootId, previousId: top.id });
    this.stacks.set(user, [...stack, view]);
    this.announce(user);
    return view;
  }

  /** Replaces the content of an open view. `hash`, when given, must be the view's present one. */
  update(view: StoredView, definition: Json, hash: string | null): StoredView {
    if (hash !== null && hash !== view.hash) throw new SlackError('hash_conflict');
    this.refuseDuplicate(definition, view);
    view.definition = definition;
    view.blocks = withBlockIds(definition, this.ids);
    view.hash = this.hash();
    view.errors = {};
    view.values = keptValues(view.blocks, view.values);
    this.announce(view.user);
    return view;
  }

  publish(user: string, definition: Json, hash: string | null): StoredView {
    const present = this.homes.get(user);
    if (present) return this.update(present, definition, hash);
    if (hash !== null) throw new SlackError('hash_conflict');
    const view = this.build(user, 'home', definition);
    this.homes.set(user, view);
    return view;
  }

  home(user: string): StoredView | undefined {
    return this.homes.get(user);
  }

  /** The person's modals, the one on top last. */
  stack(user: string): StoredView[] {
    return this.stacks.get(user) ?? [];
  }

  find(id: string): StoredView | undefined {
    return [...this.stacks.values(), [...this.homes.values()]].flat().find((view) => view.id === id);
  }

  findByExternalId(id: string): StoredView | undefined {
    return [...this.stacks.values(), [...this.homes.values()]]
      .flat()
      .find((view) => view.definition['external_id'] === id);
  }

  setErrors(view: StoredView, errors: Record<string, string>): void {
    view.errors = errors;
    this.announce(view.user);
  }

  /** Takes a view, and those on top of it, off the stack. */
  close(view: StoredView): void {
    const stack = this.stack(view.user);
    this.stacks.set(view.user, stack.slice(0, Math.max(0, stack.indexOf(view))));
    this.announce(view.user);
  }

  clear(user: string): void {
    this.stacks.set(user, []);
    this.announce(user);
  }

  page(user: string): PageView[] {
    return this.stack(user).map((view) => ({
      id: view.id,
      user,
      callbackId: asString(view.definition['callback_id']) ?? '',
      title: plainText(view.definition['title']) ?? '',
      submit: plainText(view.definition['submit']),
      close: plainText(view.definition['close']),
      blocks: structuredClone(view.blocks),
      errors: { ...view.errors },
    }));
  }

  /** The view in the shape in which Slack sends it in answers and payloads. */
  wire(view: StoredView): Json {
    const { definition } = view;
    return {
      id: view.id,
      team_id: this.owner.team.id,
      type: view.type,
      blocks: view.blocks,
      private_metadata: definition['private_metadata'] ?? '',
      callback_id: definition['callback_id'] ?? '',
      state: { values: stateValues(view.blocks, view.values) },
      hash: view.hash,
      title: definition['title'] ?? null,
      clear_on_close: definition['clear_on_close'] ?? false,
      notify_on_close: definition['notify_on_close'] ?? false,
      close: definition['close'] ?? null,
      submit: definition['submit'] ?? null,
      previous_view_id: view.previousId,
      root_view_id: view.rootId,
      app_id: this.owner.app.id,
      external_id: definition['external_id'] ?? '',
      app_installed_team_id: this.owner.team.id,
      bot_id: this.owner.app.botId,
    };
  }

  private build(user: string, type: StoredView['type'], definition: Json): StoredView {
    const id = this.ids.next('V');
    return {
      id,
      type,
      user,
      definition,
      blocks: withBlockIds(definition, this.ids),
      hash: this.hash(),
      rootId: id,
      previousId: null,
      errors: {},
      values: {},
    };
  }

  private hash(): string {
    return `${this.ids.ts().split('.')[0]}.${this.ids.next('h')}`;
  }

  private refuseDuplicate(definition: Json, self: StoredView | null): void {
    const external = asString(definition['external_id']);
    if (!external) return;
    const other = this.findByExternalId(external);
    if (other && other !== self) throw new SlackError('duplicate_external_id');
  }

  private announce(user: string): void {
    this.changes.publish({ type: 'views', views: this.page(user) }, [user]);
  }
}

/** Slack gives every block that has none a block_id. */
export function withBlockIds(holder: Json, ids: Ids): PageBlock[] {
  return asObjects(holder['blocks']).map((block) => ({
    ...structuredClone(block),
    type: String(block['type']),
    block_id: asString(block['block_id']) ?? ids.next('b'),
  }));
}

function plainText(value: unknown): string | null {
  return asString(asObject(value)['text']);
}
