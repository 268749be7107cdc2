/**
 * A hostile corpus through names, tags, command output and what people type, over the wire: who is mentioned,
 * what Slack objects to, what stands in the files, and which bytes are sent to SSM.
 */
import { smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import { USERS } from '../../sandbox/slack/default-workspace.ts';
import { parseCsv } from '../report/csv-reader.ts';
import { HOSTILE as IN_REPORTS } from '../report/hostile.ts';
import { hostileTexts as ON_THE_PAGE } from '../sandbox-page/hostile-texts.ts';
import { HOSTILE as IN_SLACK } from '../slack/support/hostile.ts';
import { type Case, proofOfCases } from './cases.ts';
import { uploads, withTeam } from './team.ts';

/** EC2 takes no more than 256 characters in a tag, and no empty name makes an instance. */
export const CORPUS: readonly string[] = [...new Set([...IN_SLACK, ...IN_REPORTS, ...ON_THE_PAGE])]
  .map((text) => text.slice(0, 256))
  .filter((text, i, all) => text.trim() !== '' && all.indexOf(text) === i);

const AT_ONCE = 5;

/** People whom a job may mention: who asked, who approved, and the groups that may. */
const OURS = new Set<string>([USERS.priya, USERS.aisha]);

/** Whatever is sent to SSM consists of these; a name, a tag or a typed word has no way in. */
const PARAMETERS: Readonly<Record<string, RegExp>> = {
  Operation: /^(?:Install|Scan)$/,
  RebootOption: /^(?:RebootIfNeeded|NoReboot)$/,
  SnapshotId: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};
const COMMENT = /^patchday [a-z0-9]{4,12} (?:install|scan) [\w/#-]+ a\d+$/;

function hostileJob(texts: readonly string[], number: number): Case {
  return {
    name: `job-${number}`,
    run() {
      const instances = Object.fromEntries(
        texts.map((text, i) => [
          `linux-${i + 1}`,
          {
            tags: { Name: text, Owner: text, 'App <!channel>': text },
            // Every other one fails and says the text on its standard error.
            behaviour:
              i % 2 === 0
                ? { install: 'fails' as const, failure: { exitCode: 5, stderr: `${text}\n${text}` } }
                : {},
          },
        ]),
      );
      return withTeam(smallFleet({ linux: texts.length, instances }), {}, async (team) => {
        const runId = await team.scan('priya');
        const card = await team.toApprove(runId);
        const typed = texts.find((t) => !/[\n\r]/.test(t)) ?? 'x';
        // Typed text comes back in answers and, as the reason of an exclusion, on the card and in the thread.
        await team.say('priya', typed).catch(() => '');
        const modal = await team.open('priya', card, 'run_exclude', 'Exclude instances');
        await team
          .submit('priya', modal, {
            targets_page_0: { targets_chosen: ['0'] },
            reason: { reason_text: `${typed} <!channel>`.slice(0, 290) },
          })
          .catch(() => '');
        const second = await team.cardThat(runId, /Plan 2, hash/);
        await team.click('aisha', second, 'run_approve');
        await team.ended(runId, 30_000);
        const wrong: string[] = [];
        const { control } = team.slack;
        const foreign = control
          .mentions()
          .filter((m) => m.kind === 'broadcast' || (m.kind === 'user' && !OURS.has(m.target)));
        wrong.push(...foreign.map((m) => `${m.kind} ${m.target} was mentioned at ${m.where}`));
        for (const { method, answered } of control.calls()) {
          const error = answered !== null && answered !== 'reset' ? answered.body['error'] : undefined;
          if (typeof error === 'string') wrong.push(`Slack refused ${method}: ${error}`);
        }
        wrong.push(...control.warnings().map((w) => `Slack warned: ${JSON.stringify(w).slice(0, 200)}`));
        for (const file of uploads(team)) wrong.push(...inFile(file));
        const commands = team.aws.control.commands();
        for (const command of commands) {
          if (!COMMENT.test(command.comment)) wrong.push(`the comment sent to SSM is ${command.comment}`);
          if (command.documentName !== 'AWS-RunPatchBaseline') wrong.push(`${command.documentName} was sent`);
          for (const [name, values] of Object.entries(command.parameters))
            for (const value of values)
              if (!PARAMETERS[name]?.test(value)) wrong.push(`SSM was sent ${name}=${value}`);
        }
        if (commands.length === 0) wrong.push('no command was sent, so nothing was shown about its bytes');
        return {
          wrong,
          figures: {
            'hostile texts': texts.length,
            'calls to Slack': control.calls().length,
            'commands to SSM': commands.length,
            'files read': uploads(team).length,
          },
        };
      });
    },
  };
}

/** Formulas in a CSV and live markup in an HTML report. */
function inFile({ name, text }: { name: string; text: string }): string[] {
  if (name.endsWith('.csv')) {
    const formula = parseCsv(text)
      .flat()
      .find((cell) => /(?:^|;)[\s"]*[=+@-](?![\d.]+$)/.test(cell) && cell !== '-');
    return formula ? [`${name} holds what a spreadsheet takes for a formula: ${formula}`] : [];
  }
  if (name.endsWith('.html')) {
    const live =
      /<(?:script(?![^>]*type="application\/json")|img|iframe|object|svg|base|form|link|meta http)[^>]*(?:alert|evil|onerror|onload|javascript:)/i.exec(
        text,
      );
    return live ? [`${name} holds live markup: ${text.slice(live.index, live.index + 60)}`] : [];
  }
  return [];
}

export const proof = proofOfCases({
  name: 'injection',
  bar: 'at least 60 hostile texts: 0 mentions of others, 0 refusals by Slack, 0 formulas or live markup, only allow-listed bytes to SSM',
  defaults: { seconds: 1200 },
  injects: false,
  cases() {
    const enough: Case = {
      name: 'corpus',
      run: () => ({ wrong: CORPUS.length >= 60 ? [] : [`the corpus has only ${CORPUS.length} texts`] }),
    };
    const jobs: Case[] = [];
    for (let i = 0; i < CORPUS.length; i += AT_ONCE)
      jobs.push(hostileJob(CORPUS.slice(i, i + AT_ONCE), jobs.length + 1));
    return [enough, ...jobs];
  },
});
