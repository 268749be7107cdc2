import { SlackError } from './errors.ts';
import type { Ids } from './ids.ts';

/** A trigger id lives 3 s and opens one view (slack.dev: "trigger_id … expires in 3 seconds"). */
export const TRIGGER_LIFE_MS = 3_000;
/** A response_url takes 5 answers within 30 minutes. */
export const RESPONSE_URL_LIFE_MS = 30 * 60_000;
export const RESPONSE_URL_USES = 5;

interface Trigger {
  user: string;
  expires: number;
  used: boolean;
  /** The view that the person was in, for views.push. */
  fromView: string | null;
}

/** What a response_url stands for. */
export interface ResponseTarget {
  channel: string;
  user: string;
  /** The message whose button was clicked; null for a slash command. */
  ts: string | null;
  threadTs: string | null;
}

interface ResponseUrl {
  target: ResponseTarget;
  expires: number;
  uses: number;
}

/** The short-lived permissions that Slack gives with an interaction. */
export class Interactivity {
  private readonly triggers = new Map<string, Trigger>();
  private readonly urls = new Map<string, ResponseUrl>();
  private readonly ids: Ids;
  private readonly now: () => number;

  constructor(ids: Ids, now: () => number) {
    this.ids = ids;
    this.now = now;
  }

  newTrigger(user: string, fromView: string | null = null): string {
    // With the time: a bot that remembers triggers must not meet one again when the simulator starts anew.
    const id = `${this.now()}.${this.ids.next('')}.trigger`;
    this.triggers.set(id, { user, fromView, expires: this.now() + TRIGGER_LIFE_MS, used: false });
    return id;
  }

  /** Looks at a trigger without using it up. Refuses unknown, used and expired ones by Slack's names. */
  check(id: string): { user: string; fromView: string | null } {
    const trigger = this.triggers.get(id);
    if (!trigger) throw new SlackError('invalid_trigger_id');
    if (trigger.used) throw new SlackError('exchanged_trigger_id');
    if (this.now() >= trigger.expires) throw new SlackError('expired_trigger_id');
    return trigger;
  }

  use(id: string): void {
    const trigger = this.triggers.get(id);
    if (trigger) trigger.used = true;
  }

  /** The path of a new response_url. */
  newResponsePath(target: ResponseTarget): string {
    const key = `${this.ids.next('R')}/${this.ids.next('X')}`;
    this.urls.set(key, { target, expires: this.now() + RESPONSE_URL_LIFE_MS, uses: 0 });
    return `/response/${key}`;
  }

  /** Takes one of the five uses. Slack answers `used_url` and `expired_url`. */
  respond(path: string): ResponseTarget {
    const url = this.urls.get(path.replace(/^\/response\//, ''));
    if (!url) throw new SlackError('invalid_url');
    if (this.now() >= url.expires) throw new SlackError('expired_url');
    if (url.uses >= RESPONSE_URL_USES) throw new SlackError('used_url');
    url.uses += 1;
    return url.target;
  }
}
