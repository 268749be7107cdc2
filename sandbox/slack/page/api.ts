/** Calls to the simulator's own interface (see page-api.ts) and its stream of events. */
import type {
  ActionAnswer,
  ClickRequest,
  CommandRequest,
  MessageRequest,
  PageEvent,
  PageState,
  ViewClickRequest,
  ViewCloseRequest,
  ViewSubmitRequest,
} from '../page-api.ts';

interface Requests {
  command: CommandRequest;
  message: MessageRequest;
  click: ClickRequest;
  'view/submit': ViewSubmitRequest;
  'view/close': ViewCloseRequest;
  'view/click': ViewClickRequest;
}

const base = '/sandbox/api/';

/** Sends what a person did. A simulator that cannot be reached is an answer too: never throws. */
export async function act<K extends keyof Requests>(what: K, request: Requests[K]): Promise<ActionAnswer> {
  try {
    const answer = await fetch(`${base}${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const body: unknown = await answer.json();
    if (typeof body === 'object' && body !== null && 'ok' in body) return body as ActionAnswer;
    return {
      ok: false,
      error: `The simulator gave an answer this page does not understand (HTTP ${answer.status}).`,
    };
  } catch {
    return {
      ok: false,
      error: 'The sandbox does not answer. Is it still running? Nothing was sent to the app.',
    };
  }
}

/** What `user` may see; without a user, whoever the simulator begins with. Throws when there is no such person. */
export async function loadState(user: string | null): Promise<PageState> {
  const answer = await fetch(`${base}state${user === null ? '' : `?user=${encodeURIComponent(user)}`}`);
  if (!answer.ok) throw new Error(`the sandbox answered HTTP ${answer.status}`);
  return (await answer.json()) as PageState;
}

export interface EventStream {
  close(): void;
}

/** Follows the events for `user`. `opened` runs at every (re)connection: the state has to be read again then. */
export function follow(
  user: string,
  on: { event(event: PageEvent): void; opened(): void; lost(): void },
): EventStream {
  const source = new EventSource(`${base}events?user=${encodeURIComponent(user)}`);
  source.onopen = () => on.opened();
  source.onerror = () => on.lost();
  source.onmessage = (message: MessageEvent<string>) => {
    const event: unknown = JSON.parse(message.data);
    if (typeof event === 'object' && event !== null && 'type' in event) on.event(event as PageEvent);
  };
  return { close: () => source.close() };
}
