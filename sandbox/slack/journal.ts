import type { Json } from './json.ts';

/** One Web API request as it came in, and what it was told. */
export interface RecordedCall {
  /** Milliseconds since the epoch. */
  at: number;
  method: string;
  arguments: Json;
  token: 'bot' | 'app' | 'none' | 'unknown';
  /** HTTP status and body, or how the connection was broken off. null while it is being answered. */
  answered: { status: number; body: Json } | 'reset' | null;
  /** Whether the method did its work (also when its answer was then lost by a fault). */
  tookEffect: boolean;
}

export interface RecordedWarning {
  at: number;
  method: string;
  warning: string;
}

/** Something in delivered text that Slack turns into a mention. */
export interface RecordedMention {
  channel: string;
  ts: string;
  kind: 'broadcast' | 'user' | 'usergroup';
  /** "channel", "here", "everyone", a user id or a user group id. */
  target: string;
  /** Pointer to where it stood, e.g. /blocks/1/text/text */
  where: string;
  /** The message was visible to this one person only. */
  ephemeral: boolean;
}

/** A sandbox left running for days forgets its oldest calls. */
const CALLS_KEPT = 50_000;

/** What the simulator remembers for tests. */
export class Journal {
  readonly calls: RecordedCall[] = [];
  readonly warnings: RecordedWarning[] = [];
  readonly mentions: RecordedMention[] = [];
  readonly scopesUsed = new Set<string>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  call(method: string, args: Json, token: RecordedCall['token']): RecordedCall {
    const call: RecordedCall = {
      at: this.now(),
      method,
      arguments: args,
      token,
      answered: null,
      tookEffect: false,
    };
    this.calls.push(call);
    if (this.calls.length > CALLS_KEPT) this.calls.shift();
    return call;
  }

  warn(method: string, warning: string): void {
    this.warnings.push({ at: this.now(), method, warning });
  }
}
