/**
 * A hostile corpus through names, values and keys of tags, command output, what people type and the reasons in modals,
 * over the wire: who is mentioned, what Slack objects to, what stands in the files, and which bytes are sent to SSM.
 */
import type { Arrival, Arrivals } from '../../sandbox/arrivals.ts';
import { type SmallFleetOptions, smallFleet } from '../../sandbox/aws/fleet/small-fleet.ts';
import type { Team } from '../bot/team.ts';
import { HOSTILE as IN_REPORTS } from '../report/hostile.ts';
import { hostileTexts as ON_THE_PAGE } from '../sandbox-page/hostile-texts.ts';
import { HOSTILE as IN_SLACK } from '../slack/support/hostile.ts';
import { type Case, proofOfCases } from './cases.ts';
import { reported, wrongInFiles, wrongInSlack, wrongToSsm } from './injection-judges.ts';
import {
  asKey,
  filteredTags,
  KEYED,
  protectedInstances,
  protectedTags,
  scanFor,
  typedKeys,
} from './injection-keys.ts';
import { caughtUp, uploads, withTeam } from './team.ts';

/** EC2 takes no more than 256 characters in a tag, and no empty name makes an instance. */
const CORPUS: readonly string[] = [...new Set([...IN_SLACK, ...IN_REPORTS, ...ON_THE_PAGE])]
  .map((text) => text.slice(0, 256))
  .filter((text, i, all) => text.trim() !== '' && all.indexOf(text) === i);

/** Texts of one job. */
const AT_ONCE = 5;
/** Plain instances that are there to be excluded, each with a hostile reason. */
const TO_EXCLUDE = 3;

/** In the name that an instance gives itself, which nothing reads: it comes out nowhere. */
const COMPUTER_NAME = 'COMPUTERNAMEMARK';

/** The ways in. At least 60 texts have to have come through each of them, to where people or files show them. */
const WAYS_IN = {
  named: 'texts in names and tags',
  printed: 'texts in command output',
  typed: 'texts typed as commands',
  reasons: 'texts as reasons in modals',
  keyed: 'texts as keys of tags',
  protecting: 'texts as keys of protected tags',
  filtered: 'texts typed as keys of tag filters',
} as const;

function hostileInstances(texts: readonly string[]): SmallFleetOptions['instances'] {
  return Object.fromEntries(
    texts.map((text, i) => [
      `linux-${i + 1}`,
      {
        tags: { Name: text, Owner: text, [asKey(text)]: KEYED },
        computerName: `${COMPUTER_NAME} ${text}`,
        // Every other one fails and says the text on its standard error.
        behaviour:
          i % 2 === 0
            ? { install: 'fails' as const, failure: { exitCode: 5, stderr: `${text}\n${text}` } }
            : {},
      },
    ]),
  );
}

function hostileJob(texts: readonly string[], number: number): Case {
  return {
    name: `job-${String(number).padStart(2, '0')}`,
    run() {
      const toSsm: Arrival[] = [];
      const awsArrivals: Arrivals = {
        async arrived(arrival) {
          if (arrival.what.startsWith('ssm ')) toSsm.push(arrival);
          return true;
        },
        answered() {},
      };
      const keys = typedKeys(texts);
      const fleet = smallFleet({
        linux: texts.length + TO_EXCLUDE + texts.length,
        instances: {
          ...hostileInstances(texts),
          ...protectedInstances(texts, texts.length + TO_EXCLUDE),
        },
      });
      for (const { tags } of fleet.zones.flatMap((z) => z.instances)) Object.assign(tags, filteredTags(keys));
      const environment = { wave: { size: AT_ONCE } };
      const zone = { protected_tags: protectedTags(texts) };
      return withTeam(fleet, { awsArrivals, environment, zone }, async (team) => {
        const ids = team.aws.control.instances().map((i) => i.id);
        const runId = await team.scan('priya', scanFor(keys));
        const first = await team.toApprove(runId);
        await team.open('priya', first, 'run_view_all', 'All instances');
        let typed = 0;
        for (const text of texts) if (shows(await team.say('priya', text), text)) typed++;
        const reasons = texts.slice(0, TO_EXCLUDE);
        for (const [i, reason] of reasons.entries()) await exclude(team, runId, i, reason, texts.length);
        const last = await team.cardThat(runId, new RegExp(`Plan ${reasons.length + 1}, hash`));
        await team.click('aisha', last, 'run_approve');
        await team.ended(runId, 30_000);
        await caughtUp(team);
        const files = uploads(team);
        const thread = team.thread(runId).map((m) => team.words(m));
        const ssm = wrongToSsm(toSsm, ids);
        const { named, printed, keyed, protecting } = cameThrough(files, texts, team);
        const asked = files.find(({ name }) => name.endsWith('report.html'))?.text ?? '';
        const filtered = keys.filter((key) => shows(team.words(first), key) && shows(asked, key)).length;
        return {
          wrong: [
            ...wrongInSlack(team),
            ...wrongInFiles(files),
            ...team
              .places()
              .filter(({ text }) => text.includes(COMPUTER_NAME))
              .map(({ where }) => `the name that an instance gives itself is in ${where}`),
            ...ssm.wrong,
            ...(ssm.sent === 0 ? ['no command was sent, so nothing was shown about its bytes'] : []),
          ],
          figures: {
            [WAYS_IN.named]: named,
            [WAYS_IN.printed]: printed,
            [WAYS_IN.typed]: typed,
            [WAYS_IN.reasons]: reasons.filter((r) => thread.some((said) => shows(said, r))).length,
            [WAYS_IN.keyed]: keyed,
            [WAYS_IN.protecting]: protecting,
            [WAYS_IN.filtered]: filtered,
            'calls to Slack': team.slack.control.calls().length,
            'changes sent to SSM': ssm.sent,
            'files read': files.length,
          },
        };
      });
    },
  };
}

/** Takes the nth plain instance out of the plan, with this reason, which is then on the card and in the thread. */
async function exclude(
  team: Team,
  runId: string,
  nth: number,
  reason: string,
  before: number,
): Promise<void> {
  const card = await team.cardThat(runId, new RegExp(`Plan ${nth + 1}, hash`));
  const modal = await team.open('priya', card, 'run_exclude', 'Exclude instances');
  const { id } = team.aws.control.instance(`linux-${before + nth + 1}`);
  const option = optionOf(modal.blocks, id);
  if (option === null) throw new Error(`${id} cannot be chosen`);
  await team.submit('priya', modal, {
    targets_page_0: { targets_chosen: [option] },
    reason: { reason_text: `${reason} <!channel>`.slice(0, 290) },
  });
}

/** The value of the choice that names this instance. */
function optionOf(node: unknown, instanceId: string): string | null {
  if (node === null || typeof node !== 'object') return null;
  const { text, value } = node as { text?: { text?: unknown }; value?: unknown };
  if (typeof value === 'string' && String(text?.text).endsWith(`(${instanceId})`)) return value;
  for (const inner of Object.values(node)) {
    const found = optionOf(inner, instanceId);
    if (found !== null) return found;
  }
  return null;
}

/** Whether what was said repeats the text: by its letters and digits, because the rest may be shown as look-alikes. */
function shows(said: string, text: string): boolean {
  const letters = (from: string) => from.replace(/&(?:lt|gt|amp);/g, '').replace(/[^\p{L}\p{N}]/gu, '');
  const wanted = letters(text).slice(0, 20);
  return wanted !== '' && letters(said).includes(wanted);
}

/** How many of the texts report.json shows, by the way in which they came. */
function cameThrough(
  files: readonly { name: string; text: string }[],
  texts: readonly string[],
  team: Team,
): { named: number; printed: number; keyed: number; protecting: number } {
  const json = files.find(({ name }) => name.endsWith('report.json'));
  const { targets } = json ? reported.parse(JSON.parse(json.text)) : { targets: [] };
  const byId = new Map(targets.map((t) => [t.instanceId, t]));
  const of = (nth: number) => byId.get(team.aws.control.instance(`linux-${nth}`).id);
  const shown = texts.flatMap((text, i) => {
    const target = of(i + 1);
    return target ? [{ text, target }] : [];
  });
  return {
    named: shown.filter(({ target: t }) => t.name !== '' && t.tags['Owner'] === t.name).length,
    printed: shown.filter(({ target: t }) => t.outcome === 'failed' && t.excerpt !== '').length,
    keyed: shown.filter(({ text, target }) =>
      Object.entries(target.tags).some(([key, value]) => value === KEYED && shows(key, asKey(text))),
    ).length,
    protecting: texts.filter((text, i) =>
      of(texts.length + TO_EXCLUDE + i + 1)?.reasons.some(
        (reason) => reason.code === 'protected' && shows(reason.text, asKey(text)),
      ),
    ).length,
  };
}

export const proof = proofOfCases({
  name: 'injection',
  bar: 'at least 60 hostile texts through each way in: 0 mentions of others, 0 refusals by Slack, 0 formulas or live markup, only allow-listed bytes to SSM',
  defaults: { seconds: 1200 },
  injects: false,
  least: Object.fromEntries(Object.values(WAYS_IN).map((way) => [way, 60])),
  cases() {
    const jobs: Case[] = [];
    for (let i = 0; i < CORPUS.length; i += AT_ONCE)
      jobs.push(hostileJob(CORPUS.slice(i, i + AT_ONCE), jobs.length + 1));
    return jobs;
  },
});
