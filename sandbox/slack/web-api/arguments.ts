import { SlackError } from '../errors.ts';
import { isObject, type Json } from '../json.ts';

/** The arguments of one Web API request: form fields, multipart fields or a JSON body. */
export class Arguments {
  readonly raw: Json;

  constructor(raw: Json) {
    this.raw = raw;
  }

  has(name: string): boolean {
    return this.raw[name] !== undefined && this.raw[name] !== null;
  }

  /** null when absent or empty. */
  string(name: string): string | null {
    const value = this.raw[name];
    if (typeof value === 'string') return value === '' ? null : value;
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
  }

  /** Refuses an absent one with invalid_arguments, as Slack does. */
  required(name: string): string {
    const value = this.string(name);
    if (value === null) throw missing(name);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.raw[name];
    return value === true || value === 'true' || value === '1';
  }

  /** A whole number within bounds, or the default. */
  integer(name: string, fallback: number, bounds: { min: number; max: number }): number {
    const text = this.string(name);
    if (text === null) return fallback;
    const value = Number(text);
    if (!Number.isInteger(value) || value < bounds.min || value > bounds.max) {
      throw new SlackError('invalid_arguments', [
        `[ERROR] must be between ${bounds.min} and ${bounds.max} [json-pointer:/${name}]`,
      ]);
    }
    return value;
  }

  /** A value that is JSON in a form field, or already an object in a JSON body. `error` names a parse failure. */
  json(name: string, error: string): unknown {
    const value = this.raw[name];
    if (typeof value !== 'string') return value ?? null;
    if (value === '') return null;
    try {
      return JSON.parse(value);
    } catch {
      throw new SlackError(error, [`[ERROR] not valid JSON [json-pointer:/${name}]`]);
    }
  }

  requiredObject(name: string): Json {
    const value = this.json(name, 'invalid_arguments');
    if (value === null) throw missing(name);
    if (!isObject(value)) {
      throw new SlackError('invalid_arguments', [`[ERROR] must be an object [json-pointer:/${name}]`]);
    }
    return value;
  }
}

function missing(name: string): SlackError {
  return new SlackError('invalid_arguments', [`[ERROR] missing required field: ${name}`]);
}
