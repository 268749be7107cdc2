import type { AwsControl } from './control.ts';
import type { InstanceChange } from './control-instances.ts';
import type { FaultSpec } from './faults.ts';

export const CONTROL_PREFIX = '/_sandbox/';

export interface ControlAnswer {
  status: number;
  body: unknown;
}

/** The control interface over HTTP. Reading is GET, changing is POST with a JSON body; errors say what is wrong. */
export function answerControl(
  control: AwsControl,
  method: string,
  path: string,
  body: string,
): ControlAnswer {
  const [what = '', ...rest] = path.slice(CONTROL_PREFIX.length).split('/').map(decodeURIComponent);
  const id = rest.join('/');
  try {
    const result = method === 'GET' ? read(control, what, id) : change(control, what, id, parse(body));
    if (result === undefined) return { status: 404, body: { error: `There is no ${method} ${path}` } };
    return { status: 200, body: result };
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

function read(control: AwsControl, what: string, id: string): unknown {
  switch (what) {
    case 'health':
      return { ok: true, now: control.now() };
    case 'accounts':
      return control.accounts;
    case 'ledger':
      return control.ledger();
    case 'requests':
      return control.requests();
    case 'faults':
      return { fired: control.firedFaults(), armed: control.faults() };
    case 'instances':
      return id ? control.instance(id) : control.instances();
    case 'images':
      return control.images();
    case 'commands':
      return control.commands();
    default:
      return undefined;
  }
}

function change(control: AwsControl, what: string, id: string, body: Record<string, unknown>): unknown {
  switch (what) {
    case 'faults':
      return { id: control.fault(body as unknown as FaultSpec) };
    case 'clear-faults':
      control.clearFaults();
      return { ok: true };
    case 'instances':
      return id ? control.setInstance(id, body as InstanceChange) : undefined;
    case 'foreign-command':
      return { commandId: control.foreignCommand(id) };
    case 'expire-sessions':
      control.expireSessions();
      return { ok: true };
    case 'step':
      control.step(Number(body['ms']));
      return { ok: true, now: control.now() };
    default:
      return undefined;
  }
}

function parse(body: string): Record<string, unknown> {
  const parsed: unknown = body === '' ? {} : JSON.parse(body);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Error('The body must be a JSON object');
  }
  return parsed as Record<string, unknown>;
}
