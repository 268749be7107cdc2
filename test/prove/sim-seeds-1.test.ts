import { testThousandSeeds } from './sim/thousand-seeds.ts';

testThousandSeeds(1);
