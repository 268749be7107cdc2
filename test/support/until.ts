/**
 * Waits until `check` gives something other than undefined, null or false, and returns it. Fails with the
 * description after `within` ms, so that a test never waits without a bound.
 */
export async function until<T>(
  check: () => T | Promise<T>,
  options: { within: number; describe: string; every?: number },
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + options.within;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== null && value !== false) {
      return value as NonNullable<Exclude<T, false>>;
    }
    if (performance.now() >= deadline) {
      throw new Error(`not within ${options.within} ms: ${options.describe}`);
    }
    await new Promise((resolve) => setTimeout(resolve, options.every ?? 10));
  }
}
