/** Commands as Systems Manager remembers them: for 30 days. */
import { ListCommandsCommand } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import type { Place, SentCommand } from '../workflow/ports.ts';
import { type Calls, everyPage, read } from './calls.ts';

/** Clocks of this machine and of AWS may differ by this much when commands are looked up by time. */
export const CLOCK_SKEW_MS = 15 * 60_000;

const page = z.object({
  Commands: z.array(
    z.object({
      CommandId: z.string(),
      Comment: z.string().default(''),
      DocumentName: z.string().default(''),
      DocumentVersion: z.string().default(''),
      InstanceIds: z.array(z.string()).default([]),
      Parameters: z.record(z.string(), z.array(z.string())).default({}),
      RequestedDateTime: z.date(),
      ExpiresAfter: z.date().optional(),
    }),
  ),
  NextToken: z.string().optional(),
});

/** See Commands.sentSince. ListCommands has no filter for comments, so it is read whole, every page. */
export async function sentSince(
  calls: Calls,
  place: Place,
  prefix: string,
  since: number,
): Promise<SentCommand[]> {
  const after = new Date(since - CLOCK_SKEW_MS).toISOString().replace(/\.\d+Z$/, 'Z');
  const commands = await everyPage('ListCommands', place, async (token) => {
    const answer = await calls.ssm.look(
      place,
      new ListCommandsCommand({
        Filters: [{ key: 'InvokedAfter', value: after }],
        MaxResults: 50,
        ...(token ? { NextToken: token } : {}),
      }),
    );
    const { Commands, NextToken } = read(page, answer, 'ListCommands', place);
    return { items: Commands, next: NextToken };
  });
  return commands
    .filter((one) => one.Comment.startsWith(prefix))
    .map((one) => ({
      commandId: one.CommandId,
      comment: one.Comment,
      document: { name: one.DocumentName, version: one.DocumentVersion },
      instanceIds: one.InstanceIds,
      parameters: one.Parameters,
      requestedAt: one.RequestedDateTime.getTime(),
      // The step of AWS-RunPatchBaseline may run for two hours.
      expiresAt: one.ExpiresAfter?.getTime() ?? one.RequestedDateTime.getTime() + 4 * 3_600_000,
    }));
}
