import type { IncomingHttpHeaders } from 'node:http';
import type { Service } from './api-error.ts';

/** What the Authorization header says: AWS4-HMAC-SHA256 Credential=KEY/date/region/service/aws4_request, … */
export interface CredentialScope {
  accessKeyId: string;
  region: string;
  service: string;
}

/** Null when there is no signature of version 4. The signature itself is not verified. */
export function credentialScope(headers: IncomingHttpHeaders): CredentialScope | null {
  const match = /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request\s*,/.exec(
    headers.authorization ?? '',
  );
  const [, accessKeyId, , region, service] = match ?? [];
  return accessKeyId && region && service ? { accessKeyId, region, service } : null;
}

export interface Addressed {
  service: Service | null;
  operation: string;
  form: URLSearchParams | null;
}

const SSM_TARGET = 'AmazonSSM.';
const VERSIONS: Record<string, Service> = { '2016-11-15': 'ec2', '2011-06-15': 'sts' };

/** Which service and operation a request is for: X-Amz-Target for JSON, Action (and Version) for Query. */
export function addressed(
  headers: IncomingHttpHeaders,
  body: string,
  scope: CredentialScope | null,
): Addressed {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    const isSsm = target.startsWith(SSM_TARGET);
    return {
      service: isSsm ? 'ssm' : null,
      operation: isSsm ? target.slice(SSM_TARGET.length) : target,
      form: null,
    };
  }
  const form = new URLSearchParams(body);
  const signedFor = scope?.service;
  const service =
    signedFor === 'ec2' || signedFor === 'sts' || signedFor === 'ssm'
      ? signedFor
      : (VERSIONS[form.get('Version') ?? ''] ?? null);
  return { service, operation: form.get('Action') ?? '', form };
}
