import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SlackControl } from '../control.ts';
import type { Json } from '../json.ts';
import type { ActionAnswer } from '../page-api.ts';
import { readJson, sendJson } from './body.ts';
import * as parse from './parse.ts';

type Act = (control: SlackControl, body: Json) => ActionAnswer | Promise<ActionAnswer>;

const ACTIONS: Readonly<Record<string, Act>> = {
  command: (control, body) => control.command(parse.command(body)),
  message: (control, body) => control.message(parse.message(body)),
  click: (control, body) => control.click(parse.click(body)),
  'view/submit': (control, body) => control.submit(parse.viewSubmit(body)),
  'view/close': (control, body) => control.closeView(parse.viewClose(body)),
  'view/click': (control, body) => control.viewClick(parse.viewClick(body)),
};

/** What a person does on the page. Returns false for any other address. */
export async function actionRoutes(
  control: SlackControl,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<boolean> {
  const act = ACTIONS[url.pathname.replace('/sandbox/api/', '')];
  if (!act || !url.pathname.startsWith('/sandbox/api/') || request.method !== 'POST') return false;
  sendJson(response, 200, await act(control, await readJson(request)));
  return true;
}
