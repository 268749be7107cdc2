/** Chance and trouble of a story: there is none but what its script says. */
import { type Fault, Faults } from '../../prove/sim/faults.ts';
import { Random } from '../../prove/sim/random.ts';

/** Always the least, the first, and no; `yes` turns the last one round. */
export class Steady extends Random {
  yes = false;

  constructor() {
    super(0);
  }

  override next(): number {
    return 0;
  }

  override chance(): boolean {
    return this.yes;
  }
}

export class ScriptedFaults extends Faults {
  readonly #script = new Map<Fault, boolean[]>();
  readonly #say: (fault: Fault) => void;

  constructor(say: (fault: Fault) => void) {
    super(new Steady(), () => {});
    this.#say = say;
  }

  /** On its next occasion, or after so many that go well; as many times as said. */
  next(fault: Fault, { after = 0, times = 1 }: { after?: number; times?: number } = {}): void {
    this.#script.set(fault, [
      ...Array.from({ length: after }, () => false),
      ...Array.from({ length: times }, () => true),
    ]);
  }

  override fires(fault: Fault): boolean {
    if (!this.#script.get(fault)?.shift()) return false;
    this.#say(fault);
    return true;
  }
}
