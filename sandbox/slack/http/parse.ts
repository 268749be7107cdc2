import { asObject, asString, asStrings, type Json } from '../json.ts';
import type { InputValues } from '../view-state.ts';
import { BodyError } from './body.ts';

/** Reads the page's and the control interface's requests; a missing member is a 400 that names it. */
export function text(body: Json, name: string): string {
  const value = asString(body[name]);
  if (value === null) throw new BodyError(400, `"${name}" is missing or not a string`);
  return value;
}

export function command(body: Json) {
  return {
    user: text(body, 'user'),
    channel: text(body, 'channel'),
    text: text(body, 'text'),
    ...force(body),
  };
}

export function message(body: Json) {
  const threadTs = asString(body['threadTs']);
  return { ...command(body), ...(threadTs === null ? {} : { threadTs }) };
}

export function click(body: Json) {
  return {
    user: text(body, 'user'),
    channel: text(body, 'channel'),
    ts: text(body, 'ts'),
    actionId: text(body, 'actionId'),
    ...chosen(body),
    ...force(body),
  };
}

export function viewSubmit(body: Json) {
  return { ...viewClose(body), values: values(body['values']) };
}

export function viewClose(body: Json) {
  return { user: text(body, 'user'), viewId: text(body, 'viewId'), ...force(body) };
}

export function viewClick(body: Json) {
  return {
    ...viewClose(body),
    actionId: text(body, 'actionId'),
    ...chosen(body),
    ...(body['values'] === undefined ? {} : { values: values(body['values']) }),
  };
}

function chosen(body: Json) {
  const blockId = asString(body['blockId']);
  return {
    ...(blockId === null ? {} : { blockId }),
    ...(body['selected'] === undefined ? {} : { selected: asStrings(body['selected']) }),
  };
}

function force(body: Json) {
  return body['force'] === true ? { force: true } : {};
}

function values(given: unknown): InputValues {
  const result: InputValues = {};
  for (const [blockId, actions] of Object.entries(asObject(given))) {
    const block: InputValues[string] = {};
    for (const [actionId, value] of Object.entries(asObject(actions))) {
      block[actionId] = Array.isArray(value) ? asStrings(value) : asString(value);
    }
    result[blockId] = block;
  }
  return result;
}
