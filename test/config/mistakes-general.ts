import type { Mistake } from './support.ts';

const LENGTH = (from: string, to: string, example: string) =>
  `a length of time from ${from} to ${to}, with its unit (ms, s, m, h, d), such as ${example}`;

/** Mistakes at the top of the file and in its timing. */
export const GENERAL_MISTAKES: readonly Mistake[] = [
  [
    'a workspace by name',
    'workspace',
    'acme',
    'workspace: found "acme"; allowed: the id of a Slack workspace, such as T0123ABCD.',
  ],
  [
    'a missing workspace',
    'workspace',
    undefined,
    'workspace: found nothing (it is missing); allowed: the id of a Slack workspace, such as T0123ABCD.',
  ],
  [
    'a misspelt key',
    'databse',
    {},
    'databse: found the unknown key "databse"; allowed: workspace, database, data_dir, http, own_instance_ids, log_level, timing, environments, landing_zones. Did you mean database?',
  ],
  [
    'a host name for the own instance',
    'own_instance_ids',
    ['patch-01'],
    'own_instance_ids[0]: found "patch-01"; allowed: the id of an EC2 instance, such as i-0123456789abcdef0.',
  ],
  [
    'a key like no other',
    'http.tls_certificate',
    'x',
    'http.tls_certificate: found the unknown key "tls_certificate"; allowed: host, port.',
  ],
  [
    'a port out of range',
    'http.port',
    70000,
    'http.port: found 70000; allowed: a whole number from 0 to 65535.',
  ],
  [
    'a port as text',
    'http.port',
    'eighty',
    'http.port: found "eighty"; allowed: a whole number from 0 to 65535.',
  ],
  [
    'a wrong log level',
    'log_level',
    'warning',
    'log_level: found "warning"; allowed: fatal, error, warn, info, debug or trace.',
  ],
  [
    'a length without unit',
    'timing.poll_images',
    30,
    `timing.poll_images: found 30; allowed: ${LENGTH('10ms', '1h', '30s')}. Write the unit too: 30s or 30m?`,
  ],
  [
    'a length with a foreign unit',
    'timing.poll_images',
    '30 seconds',
    `timing.poll_images: found "30 seconds"; allowed: ${LENGTH('10ms', '1h', '30s')}.`,
  ],
  [
    'a length that is too short',
    'timing.delivery_timeout',
    '10s',
    `timing.delivery_timeout: found "10s" (too short); allowed: ${LENGTH('30s', '2h', '10m')}.`,
  ],
  [
    'a length that is too long',
    'timing.api_timeout',
    '6m',
    `timing.api_timeout: found "6m" (too long); allowed: ${LENGTH('100ms', '5m', '20s')}.`,
  ],
  [
    'a delivery time-out that SSM cannot take',
    'timing.delivery_timeout',
    '30500ms',
    `timing.delivery_timeout: found "30500ms" (not whole seconds); allowed: ${LENGTH('30s', '2h', '10m')}.`,
  ],
  [
    'a unit twice',
    'timing.poll_images',
    '5m5m',
    `timing.poll_images: found "5m5m" (not a length of time); allowed: ${LENGTH('10ms', '1h', '30s')}.`,
  ],
  [
    'a grace period within the time-out',
    'timing.effect_grace',
    '20s',
    'timing.effect_grace: found 20s, which is not longer than api_timeout (20s); allowed: longer than api_timeout: while a call may still be under way, not finding its effect proves nothing.',
  ],
  [
    'an interval longer than its limit',
    'timing',
    { poll_power: '20m', start_timeout: '15m' },
    'timing.poll_power: found 20m, which is not shorter than start_timeout (15m); allowed: shorter than start_timeout, or the time is up before anybody looked.',
  ],
];
