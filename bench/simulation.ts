/** Seeds per second of the direct simulation on one core, by CPU time, so that a busy machine changes little. */
import { simulate } from '../test/prove/sim/simulation.ts';

const WARM_UP = 20;
const SEEDS = 100;

for (let seed = 1; seed <= WARM_UP; seed++) await simulate(seed);
const before = process.cpuUsage();
let simulatedMs = 0;
for (let seed = 1; seed <= SEEDS; seed++) simulatedMs += (await simulate(seed)).simulatedMs;
const { user, system } = process.cpuUsage(before);
const seconds = (user + system) / 1e6;
console.log(
  `${(SEEDS / seconds).toFixed(1)} seeds per second of CPU (${((seconds * 1000) / SEEDS).toFixed(1)} ms each); ${(simulatedMs / 1000 / seconds).toFixed(0)} simulated seconds in one`,
);
