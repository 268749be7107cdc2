import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Arrival, type Arrivals, AT_ONCE, orderOf } from '../arrivals.ts';
import { type SimClock, wallClock } from '../clock.ts';
import { type AwsControl, createControl } from './control.ts';
import { answerControl, CONTROL_PREFIX } from './control-http.ts';
import { Faults } from './faults.ts';
import { defaultFleet } from './fleet/default-fleet.ts';
import type { FleetDefinition } from './fleet/fleet.ts';
import { allOperations } from './handlers/all.ts';
import { Ledger } from './ledger.ts';
import { type Answer, answer, type Parts } from './pipeline.ts';
import { Sessions } from './sessions.ts';
import { Throttle, type ThrottleOptions } from './throttle.ts';
import { addressed, credentialScope } from './wire/request.ts';
import { assertSerializersPresent } from './wire/schemas.ts';
import { addForeignCommand } from './world/commands.ts';
import { World, type WorldOptions } from './world/world.ts';

export interface AwsSimulatorOptions {
  /** On 127.0.0.1; 0, the default, takes a free one. */
  port?: number;
  /** Default: the machine's own time at the speed of life. */
  clock?: SimClock;
  seed?: number;
  fleet?: FleetDefinition;
  throttle?: ThrottleOptions;
  /** How long List and Describe calls do not show a new command or image, in life milliseconds. Default 1500. */
  visibilityDelayMs?: number;
  /** How long AWS-RunPatchBaseline may run, in life milliseconds. Default 7,200,000, as in the document. */
  documentTimeoutMs?: number;
  /** How StatusDetails are spelled: DeliveryTimedOut (default) or Delivery Timed Out. */
  statusDetails?: WorldOptions['statusDetails'];
  /** Unfinished invocations an account and region may have. Default 10,000. */
  pendingInvocationLimit?: number;
  /** Default: requests are looked at as they come in. */
  arrivals?: Arrivals;
}

export interface AwsSimulator {
  url: string;
  control: AwsControl;
  /** Ends at once, open connections included. May be called again. */
  close(): Promise<void>;
}

const LARGEST_BODY = 4 * 1024 * 1024;

/** Starts the simulated AWS: EC2, SSM and STS on one port, with the control interface under /_sandbox/. */
export async function startAwsSimulator(options: AwsSimulatorOptions = {}): Promise<AwsSimulator> {
  assertSerializersPresent();
  const seed = options.seed ?? 1;
  const clock = options.clock ?? wallClock();
  const arrivals = options.arrivals ?? AT_ONCE;
  const fleet = options.fleet ?? defaultFleet(seed);
  const world = new World({
    clock,
    seed,
    fleet,
    visibilityDelayMs: options.visibilityDelayMs ?? 1500,
    documentTimeoutMs: options.documentTimeoutMs ?? 7_200_000,
    statusDetails: options.statusDetails ?? 'joined',
    pendingInvocationLimit: options.pendingInvocationLimit ?? 10_000,
  });
  for (const instance of world.instances.values()) {
    if (instance.definition.foreignCommand) {
      addForeignCommand(world, instance, 'AWS-RunShellScript', 'Rotate application logs');
    }
  }
  const sessions = new Sessions(world);
  const operations = allOperations(sessions);
  const parts: Parts = {
    world,
    sessions,
    operations,
    throttle: new Throttle(options.throttle ?? 'published', clock),
    faults: new Faults(world.random),
    ledger: new Ledger(),
  };
  const operationNames = new Set([...operations.values()].map((operation) => operation.name));
  const control = createControl({ ...parts, operationNames, fleet });
  const server = createServer((request, response) => {
    // By the simulated time: callers correct their own clocks by it.
    response.setHeader('date', new Date(clock.now()).toUTCString());
    serve(parts, control, arrivals, request, response).catch((error: unknown) => {
      process.stderr.write(`simulated AWS: ${error instanceof Error ? error.stack : String(error)}\n`);
      response.destroy();
    });
  });
  // Longer than any pause of a caller: an idle connection closed by us would look like an injected reset.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    control,
    close: () =>
      new Promise((resolve, reject) => {
        world.scheduler.close();
        if (!server.listening) {
          resolve();
          return;
        }
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function serve(
  parts: Parts,
  control: AwsControl,
  arrivals: Arrivals,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === null) return;
  const path = request.url ?? '/';
  if (path.startsWith(CONTROL_PREFIX)) {
    const { status, body: content } = answerControl(control, request.method ?? 'GET', path, body);
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(`${JSON.stringify(content, null, 1)}\n`);
    return;
  }
  const scope = credentialScope(request.headers);
  const token = request.headers['x-amz-security-token'];
  const to = addressed(request.headers, body, scope);
  const arrival: Arrival = {
    at: 'aws',
    what: `${to.service} ${to.operation}`,
    content: `${scope?.accessKeyId} ${scope?.region} ${body}`,
    order: orderOf(request),
  };
  if (!(await arrivals.arrived(arrival))) {
    request.socket.destroy();
    return;
  }
  const reply = answer(parts, {
    addressed: to,
    scope,
    token: typeof token === 'string' ? token : undefined,
    body,
  });
  const { clock } = parts.world;
  if (reply.delayMs > 0) await new Promise<void>((resolve) => clock.later(reply.delayMs, resolve));
  arrivals.answered(
    arrival,
    reply.connection === 'answer' ? `${reply.status} ${reply.body}` : reply.connection,
  );
  send(reply, request, response);
}

function send(reply: Answer, request: IncomingMessage, response: ServerResponse): void {
  // A stalled request stays open until the caller gives up or the simulator closes.
  if (reply.connection === 'stall') return;
  if (reply.connection === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const { entry } = reply;
  if (entry) {
    response.once('finish', () => {
      entry.answerDelivered = !request.socket.destroyed;
    });
  }
  response
    .writeHead(reply.status, {
      'content-type': reply.contentType,
      'content-length': Buffer.byteLength(reply.body),
      'x-amzn-requestid': reply.requestId,
    })
    .end(reply.body);
}

/** Null when the caller went away or sent too much. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > LARGEST_BODY) {
        request.socket.destroy();
        return null;
      }
      chunks.push(bytes);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks).toString('utf8');
}
