/** Which instances a scope names. Pure. Include, exclude and protected rules are the domain's, not here. */
import type { Instance } from '../workflow/instance.ts';
import type { Scope } from '../workflow/plan-types.ts';

/** `*` any characters, `?` one; the whole text, in any case. */
export function matchesPattern(pattern: string, text: string): boolean {
  // Two pointers and one way back, so that a pattern of many stars stays linear.
  const p = [...pattern.toLowerCase()];
  const t = [...text.toLowerCase()];
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < t.length; ) {
    if (p[at] === '*') {
      star = at++;
      resume = i;
    } else if (at < p.length && (p[at] === '?' || p[at] === t[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resume;
    } else return false;
  }
  return p.slice(at).every((char) => char === '*');
}

/** Name pattern (over the Name tag or the instance id), tags, platform, and the list of a retry. */
export function inScope(instance: Instance, scope: Scope): boolean {
  const { pattern } = scope;
  return (
    (pattern === null ||
      matchesPattern(pattern, instance.name) ||
      matchesPattern(pattern, instance.instanceId)) &&
    (scope.platform === null || scope.platform === instance.platform) &&
    (scope.regions.length === 0 || scope.regions.includes(instance.region)) &&
    (scope.only === null || scope.only.includes(instance.key)) &&
    scope.tags.every((tag) => Object.hasOwn(instance.tags, tag.key) && instance.tags[tag.key] === tag.value)
  );
}
