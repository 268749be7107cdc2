/** The Commands port: SSM Run Command. */
import {
  CancelCommandCommand,
  DescribeDocumentCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import * as z from 'zod';
import {
  type Clock,
  type Commands,
  InDoubt,
  type Invocation,
  LookFailed,
  NoEffect,
  type Place,
} from '../workflow/ports.ts';
import { type Calls, everyPage, read } from './calls.ts';
import { CLOCK_SKEW_MS, sentSince } from './command-history.ts';
import { invocationStatus } from './command-status.ts';
import type { AwsLog } from './options.ts';
import type { Pacer } from './pace.ts';
import { where } from './words.ts';

const IDS_PER_COMMAND = 50;
const COMMENT_LENGTH = 100;
/** Used only if AWS leaves out ExpiresAfter: the step of AWS-RunPatchBaseline may run for two hours. */
const EXECUTION_LIMIT_MS = 7_200_000;
/**
 * States of an invocation that has not ended, as far as ListCommandInvocations takes them as a filter: it does
 * not take Cancelling, which lasts for seconds.
 */
const UNFINISHED = ['Pending', 'InProgress', 'Delayed'] as const;
/** What is handed on of an output of up to 24,000 characters. */
const OUTPUT_TAIL = 4_000;

const sent = z.object({
  CommandId: z.string(),
  ExpiresAfter: z.date().optional(),
  Comment: z.string().optional(),
});
const commandsPage = z.object({ Commands: z.array(sent), NextToken: z.string().optional() });
const plugin = z.object({
  ResponseStartDateTime: z.date().optional(),
  ResponseFinishDateTime: z.date().optional(),
});
const invocation = z.object({
  CommandId: z.string(),
  InstanceId: z.string(),
  Status: z.string(),
  StatusDetails: z.string().optional(),
  DocumentName: z.string().default(''),
  Comment: z.string().default(''),
  CommandPlugins: z.array(plugin).optional(),
});
type RawInvocation = z.output<typeof invocation>;
const invocationsPage = z.object({
  CommandInvocations: z.array(invocation),
  NextToken: z.string().optional(),
});
const documentAnswer = z.object({
  Document: z.object({
    Name: z.string(),
    DocumentVersion: z.string(),
    Hash: z.string().default(''),
    HashType: z.string().optional(),
  }),
});

/** The steps of AWS-RunPatchBaseline; without a name GetCommandInvocation gives no output for several steps. */
const STEP = { windows: 'PatchWindows', linux: 'PatchLinux', unknown: 'PatchLinux' } as const;

export function createCommands(
  calls: Calls,
  clock: Clock,
  pacer: Pacer,
  log: AwsLog,
  scrub: (text: string) => string,
): Commands {
  function pagesOfInvocations(
    place: Place,
    query: { CommandId: string; Details: true } | { Filters: { key: 'Status'; value: string }[] },
  ): Promise<RawInvocation[]> {
    return everyPage('ListCommandInvocations', place, async (token) => {
      const answer = await calls.ssm.look(
        place,
        new ListCommandInvocationsCommand({
          ...query,
          MaxResults: 50,
          ...(token ? { NextToken: token } : {}),
        }),
      );
      const page = read(invocationsPage, answer, 'ListCommandInvocations', place);
      return { items: page.CommandInvocations, next: page.NextToken };
    });
  }

  function toInvocation(raw: RawInvocation): Invocation {
    const { status, detail, known } = invocationStatus(raw.Status, raw.StatusDetails);
    if (!known)
      log.warn({ commandId: raw.CommandId, instanceId: raw.InstanceId, detail }, 'unknown invocation status');
    const starts = (raw.CommandPlugins ?? []).flatMap((one) => one.ResponseStartDateTime?.getTime() ?? []);
    const ends = (raw.CommandPlugins ?? []).flatMap((one) => one.ResponseFinishDateTime?.getTime() ?? []);
    const ended = status !== 'waiting' && status !== 'running';
    return {
      instanceId: raw.InstanceId,
      status,
      detail,
      startedAt: starts.length > 0 ? Math.min(...starts) : null,
      endedAt: ended && ends.length > 0 ? Math.max(...ends) : null,
    };
  }

  return {
    async document(place, name) {
      const answer = await calls.ssm.look(place, new DescribeDocumentCommand({ Name: name }));
      const { Document } = read(documentAnswer, answer, 'DescribeDocument', place);
      const hash = Document.HashType === undefined || Document.HashType === 'Sha256' ? Document.Hash : '';
      return { name: Document.Name, version: Document.DocumentVersion, hash };
    },

    async send(place, request) {
      const { instanceIds, document, comment } = request;
      const count = instanceIds.length;
      if (count < 1 || count > IDS_PER_COMMAND || new Set(instanceIds).size !== count) {
        throw refusedHere(
          'InvalidBatch',
          `a command goes to 1 to ${IDS_PER_COMMAND} different instances, not ${count}`,
        );
      }
      if (comment.length > COMMENT_LENGTH) {
        throw refusedHere(
          'InvalidComment',
          `the comment by which it is found again is over ${COMMENT_LENGTH} characters`,
        );
      }
      // Limits are ours, by the size of the batch: a lower MaxErrors or MaxConcurrency would leave the tail unsent.
      const limit = String(count);
      const answer = await pacer.heed(place, 'send_command', () =>
        calls.ssm.change(
          place,
          new SendCommandCommand({
            InstanceIds: [...instanceIds],
            DocumentName: document.name,
            DocumentVersion: document.version,
            ...(document.hash === ''
              ? {}
              : { DocumentHash: document.hash, DocumentHashType: 'Sha256' as const }),
            Parameters: Object.fromEntries(
              Object.entries(request.parameters).map(([key, values]) => [key, [...values]]),
            ),
            Comment: comment,
            TimeoutSeconds: request.deliveryTimeoutSeconds,
            MaxConcurrency: limit,
            MaxErrors: limit,
          }),
          instanceIds,
        ),
      );
      const command = sent.safeParse(answer.Command);
      if (!command.success) {
        throw new InDoubt(
          `SendCommand in ${where(place)} answered without a command id; it is looked up by its comment.`,
        );
      }
      return {
        commandId: command.data.CommandId,
        expiresAt: expiry(command.data, request.deliveryTimeoutSeconds),
      };
    },

    async find(place, comment, since) {
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
        const page = read(commandsPage, answer, 'ListCommands', place);
        return { items: page.Commands, next: page.NextToken };
      });
      const matches = commands.filter((one) => one.Comment === comment);
      const [match] = matches;
      if (!match) return 'absent';
      if (matches.length > 1) {
        log.warn(
          { comment, commandIds: matches.map((one) => one.CommandId) },
          'several commands with one comment',
        );
        return 'unsure';
      }
      return { found: { commandId: match.CommandId, expiresAt: expiry(match, 0) } };
    },

    sentSince: (place, prefix, since) => sentSince(calls, place, prefix, since),

    async invocations(place, commandId) {
      const raw = await pagesOfInvocations(place, { CommandId: commandId, Details: true });
      return raw.map(toInvocation);
    },

    async output(place, commandId, instanceId, platform) {
      try {
        const answer = await calls.ssm.look(
          place,
          new GetCommandInvocationCommand({
            CommandId: commandId,
            InstanceId: instanceId,
            PluginName: STEP[platform],
          }),
        );
        // -1: the step has not ended.
        const code = answer.ResponseCode ?? -1;
        return {
          exitCode: code < 0 ? null : code,
          // Whole, then cut: half a secret would not be recognised.
          stdout: scrub(answer.StandardOutputContent ?? '').slice(-OUTPUT_TAIL),
          stderr: scrub(answer.StandardErrorContent ?? '').slice(-OUTPUT_TAIL),
        };
      } catch (error) {
        if (!(error instanceof LookFailed) || error.code !== 'InvocationDoesNotExist') throw error;
        return { exitCode: null, stdout: '', stderr: '' };
      }
    },

    async othersInProgress(place, instanceIds, ownCommandIds) {
      // By state over the whole region: three calls and no more, where asking by instance takes one for each, and
      // AWS refuses an instance together with Status=Pending.
      const lists = await Promise.all(
        UNFINISHED.map((value) => pagesOfInvocations(place, { Filters: [{ key: 'Status', value }] })),
      );
      const wanted = new Set(instanceIds);
      const own = new Set(ownCommandIds);
      const others = lists.flat().filter((one) => wanted.has(one.InstanceId) && !own.has(one.CommandId));
      return new Map(
        others.map((one) => [
          one.InstanceId,
          { commandId: one.CommandId, documentName: one.DocumentName, comment: one.Comment },
        ]),
      );
    },

    async cancel(place, commandId, instanceIds) {
      // Without ids CancelCommand hits every instance of the command, also those in the middle of an install.
      if (instanceIds.length === 0) {
        throw refusedHere('InvalidBatch', 'a cancellation needs the instances that it is for');
      }
      await calls.ssm.change(
        place,
        new CancelCommandCommand({ CommandId: commandId, InstanceIds: [...instanceIds] }),
        instanceIds,
      );
    },
  };

  function expiry(command: z.output<typeof sent>, deliveryTimeoutSeconds: number): number {
    return (
      command.ExpiresAfter?.getTime() ?? clock.now() + deliveryTimeoutSeconds * 1_000 + EXECUTION_LIMIT_MS
    );
  }
}

function refusedHere(code: string, why: string): NoEffect {
  return new NoEffect(code, `Not sent to AWS: ${why}. Nothing was changed.`, 'never');
}
