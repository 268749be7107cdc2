/** One seed, one simulated company with the whole bot in it: troubles for a while, then quiet until all is done. */
import { Random } from '../sim/random.ts';
import { Company, type CompanyOptions, MINUTE, SECOND, START } from './company.ts';
import { checkEnd, locksLeft, saidAll } from './end-checks.ts';
import { People } from './people.ts';
import { changeable, makeScenario } from './scenario.ts';
import { Troubles } from './troubles.ts';
import { Witness } from './witness.ts';

export interface WorldRun {
  seed: number;
  violations: readonly string[];
  /** Everything that went over the wire, everything that was done, line by line, with simulated times. */
  trace: readonly string[];
  /** Faults that really struck. */
  fired: ReadonlyMap<string, number>;
  /** Deeds of people, effects at AWS, ends of runs. */
  took: ReadonlyMap<string, number>;
  lives: number;
  simulatedMs: number;
}

/** Everything ends within this once nothing goes wrong any more and people help. */
const MOST_AFTER_QUIET = 120 * MINUTE;

export async function simulateWorld(seed: number): Promise<WorldRun> {
  const stream = (name: string) => new Random(`${name} ${seed}`);
  const options = makeScenario(seed, stream('scenario'));
  const company = await Company.open(options);
  try {
    return await new Story(company, options, stream).run();
  } finally {
    await company.close();
  }
}

class Story {
  readonly #company: Company;
  readonly #options: CompanyOptions;
  readonly #random: Random;
  readonly #witness: Witness;
  readonly #people: People;
  readonly #troubles: Troubles;
  readonly #quietAt: number;
  #toKill = false;
  #toRestart = false;

  constructor(company: Company, options: CompanyOptions, stream: (name: string) => Random) {
    this.#company = company;
    this.#options = options;
    this.#random = stream('story');
    this.#quietAt = START + this.#random.between(5, 12) * MINUTE;
    this.#witness = new Witness(company);
    const scope = options.fleet.zones[0]?.name ?? '';
    this.#people = new People({ company, random: stream('people'), scope });
    this.#troubles = new Troubles({
      company,
      random: stream('troubles'),
      until: this.#quietAt,
      kill: () => {
        this.#toKill = true;
      },
      restart: () => {
        this.#toRestart = true;
      },
    });
  }

  async run(): Promise<WorldRun> {
    const company = this.#company;
    company.onDeath = (how) => this.#died(how);
    company.start(this.#fatalPoint());
    this.#people.begin();
    this.#troubles.begin();
    company.clock.later(this.#quietAt - START, () => this.#quiet());
    while (!this.#over()) {
      await company.step();
      this.#witness.look();
      await this.#endings();
      if (company.clock.now() > this.#quietAt + MOST_AFTER_QUIET) {
        this.#stuck();
        break;
      }
    }
    this.#troubles.countSlack();
    if (this.#witness.violations.length === 0) checkEnd(company, this.#witness);
    const took = new Map([...this.#witness.saw, ...this.#people.did]);
    return {
      seed: this.#options.seed,
      violations: this.#witness.violations,
      trace: company.trace,
      fired: this.#troubles.fired,
      took,
      lives: company.lives,
      simulatedMs: company.clock.now() - START,
    };
  }

  /** Kills and restarts asked for during the last event. */
  async #endings(): Promise<void> {
    const { life } = this.#company;
    if (this.#toKill && life) {
      this.#toKill = false;
      this.#troubles.count('killed_at_random');
      await this.#company.kill();
    }
    if (this.#toRestart && this.#company.life) {
      this.#toRestart = false;
      this.#troubles.count('restarted');
      await this.#company.stop();
    }
  }

  #died(how: 'killed' | 'stopped'): void {
    const troubles = this.#troubles;
    const random = this.#random;
    if (how === 'killed' && this.#company.diedAtPoint) troubles.count('killed_at_a_point');
    if (how === 'killed' && this.#company.cutOff > 0) troubles.count('calls_cut_off_by_a_kill');
    if (!troubles.over && random.chance(0.4)) {
      troubles.count('reconfigured');
      this.#company.configure(changeable(random));
    }
    const away = random.weighted([
      [random.between(1, 30) * SECOND, 5],
      [random.between(30, 300) * SECOND, 2],
    ]);
    this.#company.clock.later(away, () => this.#company.start(this.#fatalPoint()));
  }

  /** Most lives that are cut short end early, where a job begins; some late. */
  #fatalPoint(): number {
    const { over } = this.#troubles;
    if (over || this.#company.lives >= 3 || !this.#random.chance(0.35)) return 0;
    return this.#random.between(1, this.#random.pick([40, 150, 400]));
  }

  #quiet(): void {
    this.#company.say('quiet');
    this.#troubles.end();
    this.#people.helpful = true;
  }

  #over(): boolean {
    const store = this.#company.store();
    return (
      this.#troubles.over &&
      store !== null &&
      store.runs(1).length > 0 &&
      store.openRuns().length === 0 &&
      locksLeft(store).length === 0 &&
      saidAll(store)
    );
  }

  #stuck(): void {
    const store = this.#company.store();
    const open = (store?.openRuns() ?? []).map(({ id }) => {
      const run = store?.run(id);
      return `${id} ${run?.phase} ${JSON.stringify(run?.because.map((b) => b.text))}`;
    });
    const left = store ? [...locksLeft(store), saidAll(store) ? '' : 'not all is said'] : ['no bot'];
    this.#witness.violation(`it does not come to an end: ${[...open, ...left].join('; ')}`);
  }
}
