/** For a child process whose environment is made from nothing: it starts in half the time (scripts/with-node24.mjs). */
export function compileCache(): Record<string, string> {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder ? { NODE_COMPILE_CACHE: folder } : {};
}
