/**
 * Which EC2 instance this process runs on, so that it is never patched: it would reboot Patchday in the middle
 * of its work. Three sources, of which any one is enough: the configuration; the asset tag of the mainboard,
 * in which EC2 writes the instance id on Nitro instances and which a container sees too ("Determine whether
 * your instance is an EC2 instance", EC2 User Guide); and the instance metadata service, version 2 ("Use the
 * Instance Metadata Service to access instance metadata", EC2 User Guide): a PUT for a token, a GET with it.
 * A container behind a hop limit of 1 gets no answer from the latter.
 */
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';

export type HostAnswer =
  | { state: 'instance'; instanceIds: readonly string[]; text: string }
  /** The configuration names instances, and nobody could be asked whether this is one of them. */
  | { state: 'configured'; instanceIds: readonly string[]; text: string }
  /** The machine says that it is none of EC2, or somebody said that there is nothing to ask. */
  | { state: 'none'; text: string }
  /** It may well be an instance: nobody could be asked. */
  | { state: 'unknown'; text: string };

export interface OwnHost {
  /** As far as known; the configured ones always. */
  instanceIds(): readonly string[];
  /** Asks anew unless the instance is known already. Takes `limitMs` at most, and never throws. */
  look(): Promise<HostAnswer>;
}

export interface OwnHostOptions {
  /** `own_instance_ids` of the configuration. */
  configured: readonly string[];
  /** The SDK's own variables: AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT and …_MODE. */
  env: Readonly<Record<string, string | undefined>>;
  /** Longest time for one look, ms. [1000] */
  limitMs?: number;
  /** Where Linux shows what the mainboard says of itself. */
  boardFolder?: string;
}

const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
const BOARD = '/sys/devices/virtual/dmi/id';
const IPV4 = 'http://169.254.169.254';
const IPV6 = 'http://[fd00:ec2::254]';
/** Far above an instance id. */
const LONGEST_ANSWER = 4096;

export function createOwnHost(options: OwnHostOptions): OwnHost {
  const { configured, env, limitMs = 1000, boardFolder = BOARD } = options;
  let found: readonly string[] = [];
  const all = () => [...new Set([...configured, ...found])];

  async function look(): Promise<HostAnswer> {
    if (found.length > 0) return instance();
    const [board, service] = await Promise.all([readBoard(boardFolder), askService(env, limitMs)]);
    found = [...new Set([board.instanceId, service.instanceId].filter((id) => id !== null))];
    if (found.length > 0) return instance();
    const none = noneBecause(env, board.vendor, service);
    if (configured.length > 0) {
      const ids = configured.join(', ');
      return none === null
        ? {
            state: 'configured',
            instanceIds: configured,
            text: `own_instance_ids names ${ids}, which is not patched; whether this runs on it could not be asked: ${service.why}. If it has moved to another instance, that one could be patched and rebooted by itself.`,
          }
        : instance();
    }
    if (none !== null) return { state: 'none', text: none };
    return {
      state: 'unknown',
      text: `It is not known whether this runs on an EC2 instance: ${service.why}. If it does, name the instance in own_instance_ids, or raise the hop limit of its metadata service to 2; else it could be patched and rebooted by itself.`,
    };
  }

  function instance(): HostAnswer {
    const ids = all();
    return {
      state: 'instance',
      instanceIds: ids,
      text: `Patchday runs on ${ids.join(', ')}${found.length === 0 ? ' (as own_instance_ids says)' : ''} and refuses to patch it.`,
    };
  }

  return { instanceIds: all, look };
}

/** Why there is no instance to be found; null when there may be one. */
function noneBecause(
  env: OwnHostOptions['env'],
  vendor: string | null,
  service: ServiceAnswer,
): string | null {
  if (env['AWS_EXECUTION_ENV'] === 'AWS_ECS_FARGATE')
    return 'This is Fargate, where there is no instance to refuse.';
  if (service.disabled)
    return 'Asking for the own instance is switched off (AWS_EC2_METADATA_DISABLED), and own_instance_ids names none: nothing is refused.';
  if (vendor !== null && !/amazon|xen/i.test(vendor))
    return `This machine is none of EC2 (${vendor}): nothing is refused.`;
  return null;
}

/** Outside Linux, and where the files are hidden, there is nothing to read. */
async function readBoard(folder: string): Promise<{ instanceId: string | null; vendor: string | null }> {
  const [tag, vendor] = await Promise.all(
    ['board_asset_tag', 'sys_vendor'].map((name) =>
      readFile(`${folder}/${name}`, 'utf8').then(
        (text) => text.trim().slice(0, 60),
        () => '',
      ),
    ),
  );
  return { instanceId: tag && INSTANCE_ID.test(tag) ? tag : null, vendor: vendor || null };
}

interface ServiceAnswer {
  instanceId: string | null;
  disabled: boolean;
  why: string;
}

async function askService(env: OwnHostOptions['env'], limitMs: number): Promise<ServiceAnswer> {
  if (/^true$/i.test(env['AWS_EC2_METADATA_DISABLED'] ?? ''))
    return { instanceId: null, disabled: true, why: 'the metadata service is switched off' };
  const byMode = /^ipv6$/i.test(env['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE'] ?? '') ? IPV6 : IPV4;
  const base = (env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || byMode).replace(/\/+$/, '');
  const signal = AbortSignal.timeout(limitMs);
  try {
    const token = await ask(`${base}/latest/api/token`, 'PUT', signal, {
      'X-aws-ec2-metadata-token-ttl-seconds': '60',
    });
    const id = await ask(`${base}/latest/meta-data/instance-id`, 'GET', signal, {
      'X-aws-ec2-metadata-token': token.trim(),
    });
    if (INSTANCE_ID.test(id.trim())) return { instanceId: id.trim(), disabled: false, why: '' };
    return { instanceId: null, disabled: false, why: 'the metadata service answered without an instance id' };
  } catch (error) {
    const why = signal.aborted
      ? `the metadata service did not answer within ${limitMs} ms`
      : `the metadata service could not be asked (${error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error)})`;
    return { instanceId: null, disabled: false, why };
  }
}

/** With a connection of its own: neither a proxy nor a kept socket stands between. */
function ask(
  url: string,
  method: 'GET' | 'PUT',
  signal: AbortSignal,
  headers: Record<string, string>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers, signal, agent: new Agent() }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('error', reject);
      answer.on('data', (part: string) => {
        text += part;
        if (text.length > LONGEST_ANSWER) call.destroy(new Error('an answer without end'));
      });
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(`status ${answer.statusCode}`));
      });
    });
    call.on('error', reject);
    call.end();
  });
}
