/**
 * The kinds of field that patchday.yaml is made of. Each is a zod schema that carries what people need to
 * know about it: a description, and in one phrase what is allowed. Error messages, the documentation and
 * the JSON Schema all come from there.
 */
import { z } from 'zod';
import { DURATION_PATTERN, formatDuration, parseDuration, parseShare, type Share } from './units.ts';

/** Keyword under which the phrase for "allowed" travels through the JSON Schema; removed when that is published. */
export const ALLOWED = 'x-allowed';

export interface About {
  description: string;
  allowed: string;
}

export function about({ description, allowed }: About): { description: string } {
  return { description, [ALLOWED]: allowed } as { description: string };
}

type Camel<S> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;
export type CamelKeys<T> = { [K in keyof T as Camel<K>]: T[K] };

/** The keys of one object from snake_case (the file) to camelCase (the code); values are left alone. */
export function camelKeys<T extends object>(object: T): CamelKeys<T> {
  const entries = Object.entries(object).map(([key, value]) => [
    key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(entries) as CamelKeys<T>;
}

/** A part of the file with these keys and no others; in code its keys are camelCase. */
export function section<S extends z.ZodRawShape>(shape: S, description: string) {
  return z
    .strictObject(shape)
    .transform((value) => camelKeys(value))
    .meta(about({ description, allowed: `a section with the keys ${Object.keys(shape).join(', ')}` }));
}

/** Like `section`, for parts that may be left out: every key has a default. */
export function optionalSection<S extends z.ZodRawShape>(shape: S, description: string) {
  // Every field has a default, so `{}` is a valid input; that is beyond what the type of S can say.
  return section(shape, description).prefault({} as never);
}

/** A length of time. Milliseconds in code. */
export function duration(
  description: string,
  limits: { default: string; min?: string; max?: string; wholeSeconds?: boolean },
) {
  const min = parseDuration(limits.min ?? '1ms') ?? 1;
  const max = parseDuration(limits.max ?? '365d') ?? Number.POSITIVE_INFINITY;
  const range = `from ${formatDuration(min)} to ${formatDuration(max)}`;
  const allowed = `a length of time ${range}, with its unit (ms, s, m, h, d), such as ${limits.default}`;
  return z
    .string()
    .regex(DURATION_PATTERN)
    .transform((text, ctx) => {
      const ms = parseDuration(text);
      const why =
        ms === null
          ? 'not a length of time'
          : ms < min
            ? 'too short'
            : ms > max
              ? 'too long'
              : limits.wholeSeconds && ms % 1000 !== 0
                ? 'not whole seconds'
                : null;
      if (ms !== null && why === null) return ms;
      ctx.addIssue({ code: 'custom', message: why ?? 'not a length of time' });
      return z.NEVER;
    })
    .prefault(limits.default)
    .meta(about({ description, allowed }));
}

/** A number of instances or a percentage. */
export function share(description: string, limits: { default: number | string; min: number }) {
  const allowed = `a whole number of at least ${limits.min} or a percentage from ${limits.min}% to 100%, such as 5 or 25%`;
  return z
    .union([z.number().int().min(limits.min), z.string().regex(/^\d{1,6}%?$/)])
    .transform((value, ctx): Share => {
      const parsed = parseShare(value);
      const amount = typeof parsed === 'number' ? parsed : parsed?.percent;
      if (parsed !== null && amount !== undefined && amount >= limits.min) return parsed;
      ctx.addIssue({ code: 'custom', message: parsed === null ? 'not a share' : 'too small' });
      return z.NEVER;
    })
    .prefault(limits.default)
    .meta(about({ description, allowed }));
}

export function wholeNumber(description: string, limits: { default: number; min: number; max: number }) {
  return z
    .number()
    .int()
    .min(limits.min)
    .max(limits.max)
    .prefault(limits.default)
    .meta(about({ description, allowed: `a whole number from ${limits.min} to ${limits.max}` }));
}

export function flag(description: string, byDefault: boolean) {
  return z
    .boolean()
    .prefault(byDefault)
    .meta(about({ description, allowed: 'true or false' }));
}

export function choice<const V extends readonly [string, ...string[]]>(
  description: string,
  values: V,
  byDefault: V[number],
) {
  // The default is one of the values, which zod's conditional types cannot see through a type parameter.
  return z
    .enum(values)
    .prefault(byDefault as never)
    .meta(about({ description, allowed: oneOf(values) }));
}

/** Text of a fixed form. */
export function pattern(description: string, form: RegExp, allowed: string) {
  return z.string().regex(form).meta(about({ description, allowed }));
}

export function listOf<T extends z.ZodType>(description: string, item: T, allowed: string) {
  return z.array(item).prefault([]).meta(about({ description, allowed }));
}

export function oneOf(values: readonly string[]): string {
  const last = values.at(-1) ?? '';
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} or ${last}`;
}
