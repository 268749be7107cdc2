/** Properties draw the same cases every time: a mutant that is killed today is killed tomorrow. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 1 });
