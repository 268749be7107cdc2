import { isObject, type Json } from '../json.ts';

/** Where blocks stand: Slack allows different things in each. */
export type Surface = 'message' | 'modal' | 'home';

/** Collects Slack's sentences, each with a JSON pointer to what is wrong. */
export class Problems {
  readonly messages: string[] = [];
  readonly surface: Surface;

  constructor(surface: Surface) {
    this.surface = surface;
  }

  add(at: string, message: string): void {
    this.messages.push(`[ERROR] ${message} [json-pointer:${at}]`);
  }
}

/** Looks at one value and adds what is wrong with it. */
export type Check = (value: unknown, at: string, problems: Problems) => void;
export type Members = Readonly<Record<string, Check>>;

export function text(max: number, min = 1): Check {
  return (value, at, problems) => {
    if (typeof value !== 'string') problems.add(at, 'must be a string');
    else if (value.length < min) problems.add(at, `must be more than ${min - 1} characters`);
    else if (value.length > max) problems.add(at, `must be less than ${max + 1} characters`);
  };
}

export function oneOf(...allowed: readonly string[]): Check {
  return (value, at, problems) => {
    if (typeof value !== 'string' || !allowed.includes(value)) {
      problems.add(at, `must be one of: ${allowed.join(', ')}`);
    }
  };
}

export const flag: Check = (value, at, problems) => {
  if (typeof value !== 'boolean') problems.add(at, 'must be a boolean');
};

export function whole(min: number, max: number): Check {
  return (value, at, problems) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      problems.add(at, `must be a whole number from ${min} to ${max}`);
    }
  };
}

export function pattern(expression: RegExp, what: string): Check {
  return (value, at, problems) => {
    if (typeof value !== 'string' || !expression.test(value)) problems.add(at, `must be ${what}`);
  };
}

export const url: Check = (value, at, problems) => {
  text(3_000)(value, at, problems);
  if (typeof value === 'string' && !/^[a-z][a-z0-9+.-]*:/i.test(value)) problems.add(at, 'invalid url');
};

export function list(item: Check, size: { min?: number; max: number }): Check {
  return (value, at, problems) => {
    if (!Array.isArray(value)) {
      problems.add(at, 'must be an array');
      return;
    }
    const min = size.min ?? 1;
    if (value.length < min) problems.add(at, `no fewer than ${min} items required`);
    if (value.length > size.max) problems.add(at, `no more than ${size.max} items allowed`);
    for (const [index, one] of value.entries()) item(one, `${at}/${index}`, problems);
  };
}

/** An object with exactly these members; `type` is checked by whoever chose the shape. */
export function shape(required: Members, optional: Members = {}, rule?: Check): Check {
  return (value, at, problems) => {
    if (!isObject(value)) {
      problems.add(at, 'must be an object');
      return;
    }
    for (const name of Object.keys(required)) {
      if (value[name] === undefined || value[name] === null) {
        problems.add(at, `missing required field: ${name}`);
      }
    }
    for (const [name, member] of Object.entries(value)) {
      if (name === 'type' || member === undefined || member === null) continue;
      const check = Object.hasOwn(required, name) ? required[name] : optional[name];
      if (!check || !(Object.hasOwn(required, name) || Object.hasOwn(optional, name))) {
        problems.add(at, `invalid additional property: ${name}`);
      } else {
        check(member, `${at}/${name}`, problems);
      }
    }
    rule?.(value, at, problems);
  };
}

/** Chooses the shape by the value's `type`. */
export function byType(shapes: Readonly<Record<string, Check>>): Check {
  return (value, at, problems) => {
    const type = isObject(value) ? value['type'] : undefined;
    const check = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
    if (check) check(value, at, problems);
    else problems.add(`${at}/type`, `unsupported type: ${String(type)}`);
  };
}

/** Exactly one of these members must be there. */
export function exactlyOne(...names: readonly string[]): Check {
  return (value, at, problems) => {
    const there = names.filter((name) => isObject(value) && value[name] !== undefined);
    if (there.length !== 1) problems.add(at, `exactly one of ${names.join(', ')} is required`);
  };
}

/** At least one of these members must be there. */
export function atLeastOne(...names: readonly string[]): Check {
  return (value, at, problems) => {
    if (!names.some((name) => isObject(value) && value[name] !== undefined)) {
      problems.add(at, `must have at least one of: ${names.join(', ')}`);
    }
  };
}

/** Allows a block or element on some surfaces only. */
export function only(surfaces: readonly Surface[], check: Check): Check {
  return (value, at, problems) => {
    if (surfaces.includes(problems.surface)) check(value, at, problems);
    else problems.add(`${at}/type`, `unsupported type: ${String((value as Json)['type'])}`);
  };
}
