import type { Filter, Tag, TagSpecification } from '@aws-sdk/client-ec2';
import { ApiError } from '../wire/api-error.ts';
import { matchesAny, type PageRules } from './paging.ts';

/** Paging of the EC2 Describe calls: 5 to 1000, counted in resources. */
export function ec2Pages(smallest = 5): PageRules {
  return {
    defaultSize: 1000,
    smallest,
    largest: 1000,
    outOfRange: (value) =>
      new ApiError(
        'InvalidParameterValue',
        `Value ( ${value} ) for parameter maxResults is invalid. Expecting a value between ${smallest} and 1000.`,
      ),
    invalidToken: () => new ApiError('InvalidNextToken', 'The token is not valid for this request.'),
  };
}

/** MaxResults may not come with a list of ids. */
export function refuseIdsWithMaxResults(
  name: string,
  ids: string[] | undefined,
  maxResults: number | undefined,
): void {
  if (ids?.length && maxResults !== undefined) {
    throw new ApiError(
      'InvalidParameterCombination',
      `The parameter ${name} cannot be used with the parameter maxResults`,
    );
  }
}

/**
 * Applies EC2 filters: all of them must match, one value of each is enough. `valuesOf` answers the values a
 * resource has for a filter name, or null for a name that the operation does not know.
 */
export function ec2Filter<T>(
  all: readonly T[],
  filters: Filter[] | undefined,
  tagsOf: (item: T) => Map<string, string>,
  known: Record<string, (item: T) => readonly string[]>,
): T[] {
  const tests = (filters ?? []).map((filter) => {
    const name = filter.Name ?? '';
    const values = filter.Values ?? [];
    if (!name) throw new ApiError('InvalidParameterValue', 'A filter has no name');
    if (name.startsWith('tag:')) {
      const key = name.slice('tag:'.length);
      return (item: T) => {
        const value = tagsOf(item).get(key);
        return value !== undefined && matchesAny(value, values);
      };
    }
    if (name === 'tag-key')
      return (item: T) => [...tagsOf(item).keys()].some((key) => matchesAny(key, values));
    const valuesOf = known[name];
    if (!valuesOf) throw new ApiError('InvalidParameterValue', `The filter '${name}' is invalid`);
    return (item: T) => valuesOf(item).some((value) => matchesAny(value, values));
  });
  return all.filter((item) => tests.every((test) => test(item)));
}

/** The resources with these ids, in that order; unknown or malformed ids fail the whole call. */
export function byIds<T>(
  ids: string[],
  prefix: string,
  find: (id: string) => T | undefined,
  codes: { notFound: string; malformed: string; what: string },
): T[] {
  for (const id of ids) {
    if (!new RegExp(`^${prefix}-[0-9a-f]{8,17}$`).test(id)) {
      throw new ApiError(codes.malformed, `Invalid id: "${id}"`);
    }
  }
  const missing = ids.filter((id) => find(id) === undefined);
  if (missing.length > 0) {
    const plural = missing.length > 1 ? 's' : '';
    throw new ApiError(
      codes.notFound,
      `The ${codes.what} ID${plural} '${missing.join(', ')}' do${plural ? '' : 'es'} not exist`,
    );
  }
  return [...new Set(ids)].flatMap((id) => find(id) ?? []);
}

export function tagList(tags: Map<string, string>): Tag[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

const MOST_TAGS = 50;

/** Checks tags as EC2 does: lengths, reserved names, number. */
export function readTags(tags: Tag[] | undefined): [string, string][] {
  const result = (tags ?? []).map(({ Key, Value }): [string, string] => [Key ?? '', Value ?? '']);
  if (result.length > MOST_TAGS) {
    throw new ApiError('TagLimitExceeded', `More than ${MOST_TAGS} tags specified`);
  }
  const seen = new Set<string>();
  for (const [key, value] of result) {
    if (key === '' || [...key].length > 128) {
      throw new ApiError('InvalidParameterValue', `Tag key '${key}' must be 1 to 128 characters long.`);
    }
    if ([...value].length > 256) {
      throw new ApiError(
        'InvalidParameterValue',
        `Tag value exceeds the maximum length of 256 characters for '${key}'`,
      );
    }
    if (key.toLowerCase().startsWith('aws:')) {
      throw new ApiError(
        'InvalidParameterValue',
        `Tag keys starting with 'aws:' are reserved for internal use`,
      );
    }
    if (seen.has(key)) throw new ApiError('InvalidParameterValue', `Duplicate tag key '${key}' specified.`);
    seen.add(key);
  }
  return result;
}

/** The tags for each resource type; other types than the allowed ones are refused. */
export function readTagSpecifications(
  specifications: TagSpecification[] | undefined,
  allowed: readonly string[],
): Map<string, [string, string][]> {
  const result = new Map<string, [string, string][]>();
  for (const { ResourceType, Tags } of specifications ?? []) {
    const type = ResourceType ?? '';
    if (!allowed.includes(type)) {
      throw new ApiError(
        'InvalidParameterValue',
        `'${type}' is not a valid taggable resource type for this operation.`,
      );
    }
    if (result.has(type)) {
      throw new ApiError('InvalidParameterValue', `Duplicate resource type '${type}' in TagSpecifications`);
    }
    result.set(type, readTags(Tags));
  }
  return result;
}

export function missingParameter(name: string): ApiError {
  return new ApiError('MissingParameter', `The request must contain the parameter ${name}`);
}

/** DryRun: the caller is allowed, so the answer is this "error". */
export function dryRunOperation(): ApiError {
  return new ApiError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
}
