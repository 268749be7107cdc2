/** What Slack sends, as far as it is used here, checked (docs.slack.dev/reference/interaction-payloads). */
import { z } from 'zod';
import type { Actor } from '../workflow/service.ts';

const id = z.string().min(1).max(64);

const person = z.object({ id, team_id: id.optional() });
const team = z.object({ id }).nullish();

export const commandPayload = z.object({
  command: z.string(),
  text: z.string().default(''),
  user_id: id,
  team_id: id,
  channel_id: id,
  trigger_id: z.string().min(1),
});

const stateValue = z.object({
  type: z.string(),
  value: z.string().nullish(),
  selected_options: z.array(z.object({ value: z.string() })).nullish(),
});
const stateValues = z.record(z.string(), z.record(z.string(), stateValue));
export type StateValues = z.infer<typeof stateValues>;

const view = z.object({
  id,
  hash: z.string().optional(),
  callback_id: z.string(),
  private_metadata: z.string().default(''),
  state: z.object({ values: stateValues }).nullish(),
});

export const clickPayload = z.object({
  type: z.literal('block_actions'),
  user: person,
  team,
  channel: z.object({ id }).nullish(),
  container: z.object({ channel_id: id.optional() }).optional(),
  trigger_id: z.string().default(''),
  view: view.nullish(),
  actions: z
    .array(
      z.object({ action_id: z.string(), action_ts: z.string().default(''), value: z.string().optional() }),
    )
    .min(1),
});

export const submissionPayload = z.object({
  type: z.literal('view_submission'),
  user: person,
  team,
  trigger_id: z.string().default(''),
  view,
});

export type CommandPayload = z.infer<typeof commandPayload>;
export type ClickPayload = z.infer<typeof clickPayload>;
export type SubmissionPayload = z.infer<typeof submissionPayload>;

export function commandActor(payload: CommandPayload): Actor {
  return {
    userId: payload.user_id,
    teamId: payload.team_id,
    channelId: payload.channel_id,
    once: `command:${payload.trigger_id}`,
  };
}

/** In a shared channel `team` is ours whoever clicks; the person's own workspace is at the user. */
export function clickActor(payload: ClickPayload, metadataChannel: string | null): Actor {
  const action = payload.actions[0];
  return {
    userId: payload.user.id,
    teamId: payload.user.team_id ?? payload.team?.id ?? '',
    channelId: payload.channel?.id ?? payload.container?.channel_id ?? metadataChannel ?? '',
    once: `click:${payload.user.id}:${action?.action_id ?? ''}:${action?.action_ts || payload.trigger_id}`,
  };
}

export function submissionActor(
  payload: SubmissionPayload,
  meta: { channel: string; runId: string } | undefined,
): Actor {
  return {
    userId: payload.user.id,
    teamId: payload.user.team_id ?? payload.team?.id ?? '',
    channelId: meta?.channel ?? '',
    // Every opened modal has an id of its own and is taken once, whatever trigger a delivery names.
    once: `view:${payload.view.id}:${meta?.runId ?? ''}`,
  };
}

export function typedText(values: StateValues, block: string, action: string): string {
  return values[block]?.[action]?.value ?? '';
}

export function chosenOptions(values: StateValues, block: string, action: string): string[] {
  return (values[block]?.[action]?.selected_options ?? []).map((option) => option.value);
}
