/**
 * Job after job in real time: one bot, one database file, a fleet for which new patches come out, and people who
 * are patient. The bot is killed every few seconds, wherever it is, and AWS and Slack fail at random.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FleetDefinition } from '../../../sandbox/aws/fleet/fleet.ts';
import { smallFleet } from '../../../sandbox/aws/fleet/small-fleet.ts';
import { type AwsSimulator, startAwsSimulator } from '../../../sandbox/aws/server.ts';
import { CHANNELS, USERS } from '../../../sandbox/slack/default-workspace.ts';
import { type SlackSimulator, startSlackSimulator } from '../../../sandbox/slack/server.ts';
import { botEnvironment, Lives, THIS_RELEASE } from '../../crash/lives.ts';
import { People } from '../../crash/people.ts';
import { dump, everythingTold, look, newsOnItsWay, type Seen } from '../../crash/rows.ts';
import type { Wrong } from '../../crash/verdict.ts';
import { botConfig } from '../../support/bot-config.ts';
import { Random } from '../sim/random.ts';
import { Judge } from './judge.ts';
import { Troubles } from './troubles.ts';

export interface SoakResult {
  jobs: number;
  kills: number;
  questions: number;
  found: readonly Wrong[];
  fired: ReadonlyMap<string, number>;
  outcomes: ReadonlyMap<string, number>;
}

/** Long enough for a kill to come at every stage of a job. */
const DURATIONS = {
  delivery: 30,
  scan: 100,
  install: 400,
  reboot: 150,
  image: 200,
  start: 150,
  stop: 150,
  checks: 50,
  agent: 30,
};
/** A life lasts so long, in seconds, from the moment at which its process begins. */
const LIFE = [2, 10] as const;
/** Nobody looks more often than this, ms. */
const LOOK_EVERY = 40;
/** Without faults and kills a job takes seconds; with them, on a busy machine, a minute or two. Ms. */
const STUCK_AFTER = { inTrouble: 300_000, inPeace: 120_000 };

export async function soak(options: {
  seed: number;
  /** After this no new job is begun, and nothing goes wrong any more. */
  seconds: number;
  log(line: string): void;
}): Promise<SoakResult> {
  const folder = mkdtempSync(join(tmpdir(), 'patchday-soak-'));
  const { seed } = options;
  const fleet = smallFleet({ linux: 3, windows: 2, durations: DURATIONS });
  const aws = await startAwsSimulator({ fleet, seed, throttle: 'off', visibilityDelayMs: 300 });
  const slack = await startSlackSimulator({ seed, rateLimits: 'off' });
  writeFileSync(
    join(folder, 'patchday.yaml'),
    botConfig({
      fleet,
      folder,
      timing: { backup_timeout: '30s', verify_timeout: '30s', start_timeout: '30s', back_off: '50ms' },
      environment: { stopped_instances: 'start', batch_size: 1 },
    }),
  );
  const running = new Soak(options, { folder, aws, slack, fleet });
  try {
    return await running.toTheEnd();
  } finally {
    await running.end();
    await Promise.all([aws.close(), slack.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Parts {
  folder: string;
  aws: AwsSimulator;
  slack: SlackSimulator;
  fleet: FleetDefinition;
}

class Soak {
  readonly #options: Parameters<typeof soak>[0];
  readonly #parts: Parts;
  readonly #judge: Judge;
  readonly #troubles: Troubles;
  readonly #lives: Lives;
  readonly #kills: Random;
  readonly #company: Random;
  readonly #over = new Set<string>();
  #people: People;
  #killAt = Number.POSITIVE_INFINITY;
  #killed = 0;
  #jobs = 0;
  #questions = 0;
  #peace = false;

  constructor(options: Parameters<typeof soak>[0], parts: Parts) {
    const { folder, aws, slack } = parts;
    this.#options = options;
    this.#parts = parts;
    this.#judge = new Judge(folder, aws, slack);
    this.#kills = new Random(`kills ${options.seed}`);
    this.#company = new Random(`company ${options.seed}`);
    this.#troubles = new Troubles(aws, slack, new Random(`troubles ${options.seed}`));
    this.#people = this.#newPeople();
    this.#lives = new Lives({
      folder,
      environment: botEnvironment(aws, slack, parts.fleet),
      fatalPoints: [],
      spare: Number.POSITIVE_INFINITY,
      effectGraceMs: undefined,
      release: () => THIS_RELEASE,
      before: () => this.#begins(),
    });
  }

  /** Patience with a question begins anew with each job. */
  #newPeople(): People {
    return new People('test --fresh', this.#parts.aws.control, this.#parts.slack, false);
  }

  async toTheEnd(): Promise<SoakResult> {
    const until = Date.now() + this.#options.seconds * 1000;
    this.#troubles.begin();
    while (Date.now() < until && this.#judge.found.length === 0) await this.#job(until);
    this.#inPeace();
    if (!this.#stuck) this.#judge.allEnded(this.#lives.output);
    return {
      jobs: this.#jobs,
      kills: this.#killed,
      questions: this.#questions,
      found: this.#judge.found,
      fired: this.#troubles.fired,
      outcomes: this.#judge.outcomes,
    };
  }

  async end(): Promise<void> {
    this.#inPeace();
    await this.#lives.kill();
  }

  get #stuck(): boolean {
    return this.#judge.found.some((w) => w.kind === 'stuck');
  }

  /** From here on nobody kills and nothing fails; what people asked for in vain, they ask for again. */
  #inPeace(): void {
    if (this.#peace) return;
    this.#peace = true;
    this.#troubles.end();
    this.#peopleAskAgain();
  }

  #begins(): void {
    for (const id of newsOnItsWay(this.#parts.folder)) this.#judge.newsOnItsWay.add(id);
    this.#peopleAskAgain();
    this.#killAt = Date.now() + this.#kills.between(LIFE[0] * 1000, LIFE[1] * 1000);
  }

  #peopleAskAgain(): void {
    this.#people.botIsBack();
    this.#people.answersWereLost(look(this.#parts.folder));
  }

  /** New patches come out for some instances, and people see to it that they are installed. */
  async #job(until: number): Promise<void> {
    const { folder } = this.#parts;
    const number = ++this.#jobs;
    this.#patchesComeOut(number);
    this.#people = this.#newPeople();
    let stuckAt = Date.now() + STUCK_AFTER.inTrouble;
    for (;;) {
      if (Date.now() > until && !this.#peace) {
        this.#inPeace();
        stuckAt = Date.now() + STUCK_AFTER.inPeace;
      }
      if (Date.now() > stuckAt) {
        this.#judge.wrong(
          'stuck',
          `job ${number} did not end: ${dump(folder).slice(0, 2500)} ready=${this.#lives.ready} ${this.#lives.output.slice(-1000)}`,
        );
        return;
      }
      await this.#keepAlive();
      if (this.#lives.ready && this.#goOn()) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
    const ended = look(folder)
      .runs.map((r) => r.id)
      .filter((id) => !this.#over.has(id));
    this.#judge.jobEnded(ended);
    for (const id of ended) this.#over.add(id);
    for (const text of this.#people.wrong)
      this.#judge.wrong(text.startsWith('no next action') ? 'no next action' : 'duplicate', text);
    this.#questions += this.#people.questionsAnswered;
    this.#options.log(
      `job ${number}: ${ended.length} run(s), ${this.#killed} kills so far${this.#judge.found.map((w) => `; ${w.text}`)}`,
    );
  }

  async #keepAlive(): Promise<void> {
    if (this.#lives.dead) this.#lives.begin();
    else if (!this.#peace && Date.now() > this.#killAt) {
      await this.#lives.kill();
      this.#killed++;
    }
  }

  /** People do what there is to do; true once the job is over. */
  #goOn(): boolean {
    const { folder } = this.#parts;
    const all = look(folder);
    const seen: Seen = { ...all, runs: all.runs.filter((r) => !this.#over.has(r.id)) };
    this.#people.watch(seen);
    this.#people.act(seen, true);
    if (seen.runs.length === 0 || seen.runs.some((r) => r.phase !== 'ended')) return false;
    const unresolved = this.#judge.unresolved(seen.runs.map((r) => r.id));
    for (const { runId, instanceId } of unresolved) this.#resolve(runId, instanceId);
    return unresolved.length === 0 && everythingTold(folder);
  }

  /** Closed by somebody who has looked: nothing is at work on the instance any more. */
  #resolve(runId: string, instanceId: string): void {
    if (this.#parts.aws.control.instance(instanceId).patching) return;
    void this.#parts.slack.control.command({
      user: USERS.aisha,
      channel: CHANNELS.nonprod,
      text: `/patch resolve ${runId} ${instanceId} looked at it by hand`,
    });
  }

  #patchesComeOut(job: number): void {
    const { control } = this.#parts.aws;
    const random = this.#company;
    const instances = control.instances();
    const first = random.between(0, instances.length - 1);
    const count = random.between(2, 4);
    for (const [i, { name, platform }] of instances.entries()) {
      control.setInstance(name, { state: random.chance(0.15) ? 'stopped' : 'running' });
      if ((i - first + instances.length) % instances.length >= count) continue;
      const kbId = platform === 'windows' ? `KB9${String(job).padStart(6, '0')}` : `openssl-9.${job}.x86_64`;
      const classification = platform === 'windows' ? 'SecurityUpdates' : 'Security';
      control.setInstance(name, {
        missing: [{ kbId, title: kbId, classification, severity: 'Important', cveIds: [] }],
      });
    }
  }
}
