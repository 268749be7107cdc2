/** May this instance be patched? Every reason by itself, and together. */
import { describe, expect, it } from 'vitest';
import { type EligibilityFacts, targetEligibility } from '../../src/workflow/eligibility.ts';
import type { Instance } from '../../src/workflow/instance.ts';
import type { SelectionRule, ZonePolicy } from '../../src/workflow/settings.ts';
import { buildInstance, SETTINGS } from './build.ts';

const [ZONE] = SETTINGS.zones;
if (!ZONE) throw new Error('the settings have a zone');
const zone = (changes: Partial<ZonePolicy>): Partial<EligibilityFacts> => ({ zone: { ...ZONE, ...changes } });
const rule = (changes: Partial<SelectionRule>): SelectionRule => ({
  tags: [],
  namePattern: null,
  instanceIds: [],
  ...changes,
});
const BASE: EligibilityFacts = {
  zone: ZONE,
  stoppedInstances: 'skip',
  otherCommand: null,
  lock: null,
  needsAgent: true,
  ownInstanceIds: [],
};
const codes = (instance: Partial<Instance>, facts: Partial<EligibilityFacts> = {}) =>
  targetEligibility(buildInstance(1, instance), { ...BASE, ...facts }).reasons.map((r) => r.code);
const ssm = (ping: Instance['ssm']['ping']) => ({ ssm: { ping, lastPingAt: null, agentVersion: null } });
const WEB = { key: 'role', value: 'web' };
const tagged = { tags: { role: 'web' } };

const TABLE: [string, Partial<Instance>, Partial<EligibilityFacts>, string[]][] = [
  ['it is plain and healthy', {}, {}, []],
  ['Patchday itself runs on it', {}, { ownInstanceIds: ['i-00000001'] }, ['own_host']],
  ['Patchday runs on another one', {}, { ownInstanceIds: ['i-00000002'] }, []],
  ['patching is switched off in its landing zone', {}, zone({ patchEnabled: false }), ['zone_disabled']],
  ['an include rule names other tags', {}, zone({ include: rule({ tags: [WEB] }) }), ['not_included']],
  [
    'an include rule names other ids',
    {},
    zone({ include: rule({ instanceIds: ['i-00000009'] }) }),
    ['not_included'],
  ],
  [
    'an exclude rule names others',
    {},
    zone({ exclude: rule({ tags: [WEB], namePattern: '^db-', instanceIds: ['i-00000009'] }) }),
    [],
  ],
  ['an include rule names others', {}, zone({ include: rule({ namePattern: '^db-' }) }), ['not_included']],
  ['an include rule names it by its name', {}, zone({ include: rule({ namePattern: '^web-' }) }), []],
  ['an include rule names it by its id', {}, zone({ include: rule({ instanceIds: ['i-00000001'] }) }), []],
  ['an include rule names it by a tag', tagged, zone({ include: rule({ tags: [WEB] }) }), []],
  [
    'one of several include rules names it',
    tagged,
    zone({ include: rule({ tags: [WEB], namePattern: '^db-' }) }),
    [],
  ],
  ['an exclude rule names it by its name', {}, zone({ exclude: rule({ namePattern: 'web' }) }), ['excluded']],
  [
    'an exclude rule names it by its id',
    {},
    zone({ exclude: rule({ instanceIds: ['i-00000001'] }) }),
    ['excluded'],
  ],
  ['an exclude rule names it by a tag', tagged, zone({ exclude: rule({ tags: [WEB] }) }), ['excluded']],
  [
    'an exclude rule wins over an include rule',
    {},
    zone({ include: rule({ namePattern: 'web' }), exclude: rule({ namePattern: 'web' }) }),
    ['excluded'],
  ],
  [
    'a tag of that key has another value',
    { tags: { role: 'WEB' } },
    zone({ exclude: rule({ tags: [WEB] }) }),
    [],
  ],
  [
    'it is protected',
    { tags: { hands: 'off' } },
    zone({ protectedTags: [{ key: 'hands', value: 'off' }] }),
    ['protected'],
  ],
  [
    'protection wins over an include rule',
    { tags: { hands: 'off' } },
    zone({ protectedTags: [{ key: 'hands', value: 'off' }], include: rule({ namePattern: 'web' }) }),
    ['protected'],
  ],
  ['it is in an Auto Scaling group', { tags: { 'aws:autoscaling:groupName': 'web' } }, {}, ['auto_scaling']],
  [
    'its Auto Scaling group has an empty name',
    { tags: { 'aws:autoscaling:groupName': '' } },
    {},
    ['auto_scaling'],
  ],
  ['it is an EMR node', { tags: { 'aws:elasticmapreduce:job-flow-id': 'j-1' } }, {}, ['emr']],
  [
    'it is a Kubernetes node by its cluster tag',
    { tags: { 'kubernetes.io/cluster/blue': 'owned' } },
    {},
    ['kubernetes'],
  ],
  ['it is an EKS node', { tags: { 'aws:eks:cluster-name': 'blue' } }, {}, ['kubernetes']],
  ['it is an EKS node of an older make', { tags: { 'eks:cluster-name': 'blue' } }, {}, ['kubernetes']],
  ['its root volume is an instance store', { rootDevice: 'instance-store' }, {}, ['instance_store']],
  ['its platform is not known', { platform: 'unknown' }, {}, ['platform_unknown']],
  ['it is stopped', { state: 'stopped' }, {}, ['stopped']],
  [
    'it is stopped and the policy starts such',
    { state: 'stopped', ...ssm('not_managed') },
    { stoppedInstances: 'start' },
    [],
  ],
  ['it is stopped and only backed up', { state: 'stopped' }, { needsAgent: false }, []],
  ['it is stopping', { state: 'stopping' }, {}, ['not_running']],
  ['it is pending', { state: 'pending' }, { stoppedInstances: 'start' }, ['not_running']],
  ['it is shutting down', { state: 'shutting-down' }, {}, ['not_running']],
  ['it is terminated', { state: 'terminated' }, { needsAgent: false }, ['not_running']],
  ['it is not managed', ssm('not_managed'), {}, ['not_managed']],
  ['its agent is offline', ssm('connection_lost'), {}, ['agent_offline']],
  ['its agent is offline but it is only backed up', ssm('connection_lost'), { needsAgent: false }, []],
  [
    'an earlier command may still be going on',
    {},
    { lock: { key: 'k', runId: 'old', reason: 'x', until: null } },
    ['locked'],
  ],
  [
    'somebody else’s command is in progress',
    {},
    { otherCommand: { documentName: 'AWS-RunShellScript', commandId: 'c' } },
    ['other_command'],
  ],
];

describe('an instance', () => {
  for (const [what, instance, facts, expected] of TABLE) {
    it(`${expected.length === 0 ? 'is ready' : `is not ready (${expected.join(', ')})`} when ${what}`, () => {
      expect(codes(instance, facts)).toEqual(expected);
      expect(targetEligibility(buildInstance(1, instance), { ...BASE, ...facts }).eligible).toBe(
        expected.length === 0,
      );
    });
  }

  it('is told why in these sentences', async () => {
    const told = TABLE.filter(([, , , expected]) => expected.length > 0).flatMap(
      ([what, instance, facts]) => {
        const { reasons } = targetEligibility(buildInstance(1, instance), { ...BASE, ...facts });
        return [`${what}`, ...reasons.map((r) => `  ${r.code}: ${r.text}`)];
      },
    );
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('told/not-ready.txt');
  });

  it('is not named by a rule without a pattern, whatever its name is', () => {
    const named = { name: 'null' };
    expect(codes(named, zone({ exclude: rule({ instanceIds: ['i-00000009'] }) }))).toEqual([]);
  });

  it('says every reason, not only the first', () => {
    expect(
      codes(
        {
          state: 'running',
          ...ssm('connection_lost'),
          rootDevice: 'instance-store',
          platform: 'unknown',
          tags: { 'aws:autoscaling:groupName': 'a', 'kubernetes.io/cluster/b': 'owned', hands: 'off' },
        },
        {
          ...zone({
            patchEnabled: false,
            exclude: rule({ namePattern: 'web' }),
            include: rule({ namePattern: '^db' }),
            protectedTags: [{ key: 'hands', value: 'off' }],
          }),
          lock: { key: 'k', runId: 'old', reason: 'x', until: null },
          otherCommand: { documentName: 'D', commandId: 'c' },
        },
      ),
    ).toEqual([
      'zone_disabled',
      'not_included',
      'excluded',
      'protected',
      'auto_scaling',
      'kubernetes',
      'instance_store',
      'platform_unknown',
      'agent_offline',
      'locked',
      'other_command',
    ]);
  });

  it('that was never scanned is ready, with the note that what it lacks is unknown', () => {
    const verdict = targetEligibility(buildInstance(1, { counts: null }), BASE);
    expect(verdict).toMatchObject({ eligible: true, notes: [{ code: 'never_scanned' }] });
  });

  it('with a pending reboot is ready, with a note', () => {
    const counts = {
      missing: 0,
      failed: 0,
      pendingReboot: 2,
      installed: 5,
      critical: 0,
      security: 0,
      other: 0,
    };
    const noted = (pendingReboot: number) =>
      targetEligibility(buildInstance(1, { counts: { ...counts, pendingReboot } }), BASE);
    expect(noted(2)).toEqual({
      eligible: true,
      reasons: [],
      notes: [{ code: 'pending_reboot', text: '2 patches wait for a reboot' }],
    });
    expect(noted(1).notes[0]?.text).toBe('1 patch waits for a reboot');
    expect(noted(0).notes).toEqual([]);
  });

  it('cannot smuggle a mention into its reasons', () => {
    const evil = '\uE000U0EVIL\uE001';
    const { reasons } = targetEligibility(buildInstance(1, { tags: { 'aws:autoscaling:groupName': evil } }), {
      ...BASE,
      otherCommand: { documentName: evil, commandId: 'c' },
    });
    expect(reasons.map((r) => r.text).join(' ')).not.toMatch(/[\uE000\uE001]/);
  });
});

it('a tag that protects an instance marks no mention, whatever stands in its key', () => {
  const [key, value] = ['\uE000USOMEBODY\uE001', '\uE000UOTHER\uE001'];
  const instance = buildInstance(1, { tags: { [key]: value } });
  const verdict = targetEligibility(instance, { ...BASE, ...zone({ protectedTags: [{ key, value }] }) });
  expect(verdict.reasons.map((r) => r.text)).toEqual(['protected by its tag USOMEBODY=UOTHER']);
});
