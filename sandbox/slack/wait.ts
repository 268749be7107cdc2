import type { World } from './world.ts';

/** Looks now and after every visible change, until something is found; rejects after `within` real milliseconds. */
export function waitFor<T>(
  world: World,
  options: { look: () => T | undefined; within: number; describe: () => string },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const check = (): boolean => {
      try {
        const found = options.look();
        if (found === undefined) return false;
        finish();
        resolve(found);
      } catch (error) {
        finish();
        reject(error);
      }
      return true;
    };
    const timer = setTimeout(() => {
      finish();
      reject(new Error(`waited ${options.within} ms: ${options.describe()}`));
    }, options.within);
    const unsubscribe = world.changes.subscribe(() => check());
    function finish(): void {
      clearTimeout(timer);
      unsubscribe();
    }
    check();
  });
}
