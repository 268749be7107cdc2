/** Does the name of a landing zone say another environment than the one it is under? */

/** What people call the same thing. The first word stands for all of them. */
const SYNONYMS: readonly (readonly string[])[] = [
  ['prod', 'production', 'prd', 'live'],
  ['nonprod', 'nonproduction', 'nonprd'],
  ['preprod', 'preproduction', 'preprd'],
  ['staging', 'stage', 'stg'],
  ['dev', 'development', 'devel'],
  ['test', 'testing', 'tst'],
  ['uat', 'acceptance'],
];

/**
 * The environment that `zone` names although it belongs to `environment`, or null. Words are compared whole
 * and the longest first: "payments-non-prod" says nonprod, not prod; "products" says nothing. A zone
 * named "-dev" under "nonprod" is fine unless there is an environment "dev"; production and anything else
 * are never the same.
 */
export function mismatchedEnvironment(
  zone: string,
  environment: string,
  environments: readonly string[],
): string | null {
  const own = canonical(environment);
  const others = environments.map(canonical).filter((name) => name !== own);
  const vocabulary = new Set([own, ...others, ...SYNONYMS.map(([first]) => first ?? '')]);
  const said = wordsIn(zone, vocabulary);
  if (said.includes(own)) return null;
  const wrong = said.find(
    (word) => others.includes(word) || (isKnown(own) && (word === 'prod') !== (own === 'prod')),
  );
  return wrong === undefined ? null : (environments.find((name) => canonical(name) === wrong) ?? wrong);
}

function canonical(name: string): string {
  const plain = name.toLowerCase().replaceAll('-', '');
  return SYNONYMS.find((words) => words.includes(plain))?.[0] ?? plain;
}

function isKnown(word: string): boolean {
  return SYNONYMS.some(([first]) => first === word);
}

/** Words of the vocabulary in a hyphenated name; neighbouring parts are tried together, longest first. */
function wordsIn(name: string, vocabulary: ReadonlySet<string>): string[] {
  const parts = name.split('-');
  const found: string[] = [];
  for (let from = 0; from < parts.length; ) {
    let taken = 1;
    for (let length = Math.min(4, parts.length - from); length >= 1; length--) {
      const word = canonical(parts.slice(from, from + length).join('-'));
      if (!vocabulary.has(word)) continue;
      found.push(word);
      taken = length;
      break;
    }
    from += taken;
  }
  return found;
}
