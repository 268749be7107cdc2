/** Slack's way of refusing: HTTP 200 with `ok:false`, an error name, and sometimes pointers into the request. */
export class SlackError extends Error {
  readonly error: string;
  readonly messages: readonly string[];
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    error: string,
    messages: readonly string[] = [],
    extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(messages.length > 0 ? `${error}: ${messages.join('; ')}` : error);
    this.name = 'SlackError';
    this.error = error;
    this.messages = messages;
    this.extra = extra;
  }
}
