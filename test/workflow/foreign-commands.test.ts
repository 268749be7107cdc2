/** Which commands did Patchday not send? Every reason by itself, and what is ours although it looks strange. */
import { describe, expect, it } from 'vitest';
import type { SentCommand } from '../../src/workflow/ports.ts';
import { alarmFor, saysForeign } from '../../src/workflow/watch/alarm.ts';
import {
  judgeCommands,
  type KnownEffect,
  type KnownToUs,
  saysCommand,
} from '../../src/workflow/watch/foreign-commands.ts';
import { NOW } from './build.ts';

const TAG = 'patchday k7m2qp install w1/111100000001/eu-west-1/linux#1 a1';
const REQUEST = {
  instanceIds: ['i-1', 'i-2'],
  document: { name: 'AWS-RunPatchBaseline', version: '1' },
  parameters: { Operation: ['Install'], RebootOption: ['RebootIfNeeded'], SnapshotId: ['guid'] },
};
const EFFECT: KnownEffect = {
  tag: TAG,
  kind: 'install',
  state: 'begun',
  accountId: '111100000001',
  region: 'eu-west-1',
  commandId: 'c1',
  disowned: false,
  request: REQUEST,
};
const COMMAND: SentCommand = { ...REQUEST, commandId: 'c1', comment: TAG, requestedAt: NOW, expiresAt: NOW };

function known(changes: Partial<KnownToUs> = {}, effect: Partial<KnownEffect> | null = {}): KnownToUs {
  return {
    accountId: '111100000001',
    region: 'eu-west-1',
    effects: new Map(effect === null ? [] : [[TAG, { ...EFFECT, ...effect }]]),
    runs: new Map([['k7m2qp', { askingAws: false }]]),
    lost: [],
    othersPatch: false,
    ...changes,
  };
}
function judged(command: Partial<SentCommand>, facts = known(), more: readonly SentCommand[] = []) {
  const [first] = judgeCommands([{ ...COMMAND, ...command }, ...more], facts);
  return first?.is === 'foreign' ? first.code : first?.is;
}
const parameters = (changes: Record<string, string[]>) => ({
  parameters: { ...REQUEST.parameters, ...changes },
});

describe('a command that AWS remembers is ours', () => {
  const OURS: [string, Partial<SentCommand>, KnownToUs][] = [
    ['when it is what its effect says', {}, known()],
    ['when the answer to its call was lost', {}, known({}, { state: 'intended', commandId: null })],
    ['when a person was asked about it', {}, known({}, { state: 'needs_attention', commandId: null })],
    ['when a person gave it up', {}, known({}, { state: 'closed', commandId: null })],
    [
      'when it is a scan that came to light after it was given up as absent',
      { parameters: { Operation: ['Scan'] } },
      known(
        {},
        {
          kind: 'scan',
          state: 'no_effect',
          commandId: null,
          request: { ...REQUEST, parameters: { Operation: ['Scan'] } },
        },
      ),
    ],
    ['with its instances in another order', { instanceIds: ['i-2', 'i-1'] }, known()],
    [
      'where AWS does not say the version',
      { document: { name: 'AWS-RunPatchBaseline', version: '' } },
      known(),
    ],
    [
      'where it was sent with the default version',
      {},
      known({}, { request: { ...REQUEST, document: { name: 'AWS-RunPatchBaseline', version: '$DEFAULT' } } }),
    ],
    [
      'with its parameters in another order',
      { parameters: { SnapshotId: ['guid'], RebootOption: ['RebootIfNeeded'], Operation: ['Install'] } },
      known(),
    ],
    [
      'where AWS lists nothing for a parameter',
      parameters({ BaselineOverride: [], AssociationId: [''] }),
      known(),
    ],
    [
      'where AWS lists defaults and empty parameters',
      parameters({ StepTimeoutSeconds: ['7200'], BaselineOverride: [''] }),
      known(),
    ],
    [
      'where AWS leaves out what is the default',
      { parameters: { Operation: ['Install'], SnapshotId: ['guid'] } },
      known(),
    ],
    [
      'when another release marked it in another way',
      { comment: TAG.replace('patchday', 'pd2') },
      known({ effects: new Map([[TAG.replace('patchday', 'pd2'), EFFECT]]) }),
    ],
    ['when its row cannot be read', { instanceIds: ['i-9'] }, known({}, { request: null })],
  ];
  it.each(OURS)('%s', (_, command, facts) => {
    expect(judged(command, facts)).toBe('ours');
  });
});

describe('a command that AWS remembers is foreign', () => {
  const other = TAG.replace('k7m2qp', 'zzzzzz');
  const FOREIGN: [string, Partial<SentCommand>, KnownToUs, string][] = [
    ['when it names a run that there is not', { comment: other }, known(), 'unknown_run'],
    ['when it carries the mark and nothing else', { comment: 'patchday ' }, known(), 'unknown_run'],
    ['when its run never decided on it', { comment: `${TAG}2` }, known(), 'unknown_batch'],
    ['when it was meant for another region', {}, known({ region: 'us-east-1' }), 'other_place'],
    ['when it was meant for another account', {}, known({ accountId: '999' }), 'other_place'],
    ['when its comment was used under another id', { commandId: 'c2' }, known(), 'sent_twice'],
    [
      'when AWS refused the one that we sent',
      {},
      known({}, { state: 'no_effect', commandId: null }),
      'was_refused',
    ],
    [
      'when a person said that it was not sent, and had another one sent',
      {},
      known({}, { state: 'closed', commandId: null, disowned: true }),
      'sent_after_all',
    ],
    ['when it goes to another instance', { instanceIds: ['i-1', 'i-3'] }, known(), 'other_request'],
    ['when it goes to one instance more', { instanceIds: ['i-1', 'i-2', 'i-3'] }, known(), 'other_request'],
    ['when it chooses instances by tags', { instanceIds: [] }, known(), 'other_request'],
    [
      'when it runs another document',
      { document: { name: 'AWS-RunShellScript', version: '1' } },
      known(),
      'other_request',
    ],
    [
      'when it runs another version',
      { document: { ...REQUEST.document, version: '2' } },
      known(),
      'other_request',
    ],
    ['when it reboots otherwise', parameters({ RebootOption: ['NoReboot'] }), known(), 'other_request'],
    [
      'when it brings its own list of patches',
      parameters({ InstallOverrideList: ['s3://x/y'] }),
      known(),
      'other_request',
    ],
    [
      'when it goes to another instance, and reboots otherwise',
      { ...parameters({ RebootOption: ['NoReboot'] }), instanceIds: ['i-9'] },
      known(),
      'other_request',
    ],
    [
      'when it names a run that there is not, at great length',
      { comment: `patchday ${'z'.repeat(60)}` },
      known(),
      'unknown_run',
    ],
    ['when it leaves out the snapshot', { parameters: { Operation: ['Install'] } }, known(), 'other_request'],
    ['when it installs and has no comment', { comment: '' }, known(), 'unmarked_install'],
    ['when it installs under any other comment', { comment: 'Patchday k7m2qp' }, known(), 'unmarked_install'],
    [
      'when it was sent in the time that a restored copy lacks',
      { comment: other },
      known({ lost: [{ from: NOW - 1, to: NOW + 1 }] }),
      'lost_rows',
    ],
    [
      'when it names a run that there is not, after the restore',
      { comment: other },
      known({ lost: [{ from: NOW - 9, to: NOW - 1 }] }),
      'unknown_run',
    ],
  ];
  it.each(FOREIGN)('%s', (_, command, facts, code) => {
    expect(judged(command, facts)).toBe(code);
  });

  it('and is told so in these sentences', async () => {
    const told = FOREIGN.flatMap(([when, command, facts]) => {
      const [judgement] = judgeCommands([{ ...COMMAND, ...command }], facts);
      if (judgement?.is !== 'foreign') throw new Error('not foreign');
      return [when, `  ${judgement.code}, of run ${judgement.runId ?? '(none)'}`, `  ${judgement.why}`];
    });
    await expect(`${told.join('\n')}\n`).toMatchFileSnapshot('told/foreign-commands.txt');
  });

  it.each([
    [0, 0, 'lost_rows'],
    [1, 1, 'unknown_run'],
    [-1, -1, 'unknown_run'],
  ])('from the first instant that a restored copy lacks to the last: %i to %i', (from, to, code) => {
    const lost = [{ from: NOW + from, to: NOW + to }];
    expect(judged({ comment: other }, known({ lost }))).toBe(code);
  });

  it('when the same was asked at the same time: the one with the higher id', () => {
    const doubt = known({}, { state: 'intended', commandId: null });
    const twin = { ...COMMAND, commandId: 'c2' };
    expect(judged({}, doubt, [twin])).toBe('ours');
    expect(judged(twin, doubt, [COMMAND])).toBe('sent_twice');
    expect(judgeCommands([twin, COMMAND], doubt)[0]).toMatchObject({
      why: 'Several commands carry this comment, and Patchday sends each once: at most one of them is its own.',
    });
    const later = { ...COMMAND, commandId: 'c0', requestedAt: NOW + 5 };
    expect(judged({}, doubt, [later])).toBe('ours');
  });

  it('but not because of an earlier one with another comment, nor of the same told twice', () => {
    const doubt = known({}, { state: 'intended', commandId: null });
    const earlier = { ...COMMAND, commandId: 'c0', comment: 'another', requestedAt: NOW - 5 };
    expect(judged({}, doubt, [earlier, COMMAND])).toBe('ours');
  });

  it('but not when AWS answered with its id, though one with its comment is older', () => {
    const older = { ...COMMAND, commandId: 'c0', requestedAt: NOW - 5 };
    expect(judged({}, known(), [older])).toBe('ours');
    expect(judged(older, known(), [COMMAND])).toBe('sent_twice');
  });

  it.each<[string, Record<string, string[]>, string]>([
    ['installs among other things', { Operation: ['Scan', 'INSTALL'] }, 'unmarked_install'],
    ['does not say what it does', {}, 'others'],
    ['does nothing', { Operation: [] }, 'others'],
  ])('without a mark when it %s: %o', (_, given, code) => {
    expect(judged({ comment: '', parameters: given })).toBe(code);
  });

  it('when two carry one comment and nobody knows which was answered: the later one', () => {
    const doubt = known({}, { state: 'intended', commandId: null });
    const first = { ...COMMAND, commandId: 'c0', requestedAt: NOW - 5 };
    expect(judged({}, doubt, [first])).toBe('sent_twice');
    expect(judged(first, doubt, [COMMAND])).toBe('ours');
  });
});

describe('nothing is said', () => {
  it('of other documents, of scans, and of installs where others patch on purpose', () => {
    const script = { comment: 'Rotate logs', document: { name: 'AWS-RunShellScript', version: '1' } };
    expect(judged(script)).toBe('others');
    expect(judged({ comment: '', parameters: { Operation: ['Scan'] } })).toBe('others');
    expect(judged({ comment: '' }, known({ othersPatch: true }))).toBe('others');
  });

  it('of a parked run before AWS was asked for what its rows lack', () => {
    const parked = known({ runs: new Map([['k7m2qp', { askingAws: true }]]) }, null);
    expect(judged({}, parked)).toBe('undecided');
    expect(judged({}, known({}, null))).toBe('unknown_batch');
  });
});

const LOOK_UP =
  'Look the command id up in CloudTrail of account 111100000001 (event SendCommand): it names who sent it. If that is a session of Patchday from another machine, its role is in other hands: take it away. The steps are in docs/runbook.md under "A command that Patchday cannot account for".';

describe('what people are told', () => {
  const place = { landingZone: 'shop-prod', accountId: '111100000001', region: 'eu-west-1' };
  const found = (n: number) =>
    Array.from({ length: n }, (_, i) => {
      const command = { ...COMMAND, commandId: `c${i}`, comment: '' };
      const [judgement] = judgeCommands([command], known());
      if (judgement?.is !== 'foreign') throw new Error('not foreign');
      return { command, judgement };
    });

  it('names the command, where it went, why it is told and what to do', () => {
    const [one] = found(1);
    if (!one) throw new Error('none');
    expect(saysForeign(one)).toBe(
      "Command c0 of 2026-11-21 12:00 UTC: AWS-RunPatchBaseline Install on 2 instances (i-1, i-2), without a comment. It installs patches and does not carry Patchday's mark, so Patchday did not send it. AWS's list does not say who did: a colleague, a maintenance window, or somebody who has taken Patchday's role.",
    );
    expect(alarmFor(place, [one])).toEqual({
      title:
        '1 command at AWS that Patchday cannot account for: landing zone shop-prod, account 111100000001, eu-west-1.',
      lines: [saysForeign(one)],
      whatToDo: `What to do: if nobody of your team knows of it, use /patch freeze all, so that Patchday begins nothing new. ${LOOK_UP} If others patch here on purpose, say so with others_patch_here: true for this landing zone.`,
    });
  });

  it('does not suggest that others patch here when one of them says that it is ours', () => {
    const [one] = found(1);
    if (!one) throw new Error('none');
    const claimed = { ...one, judgement: { ...one.judgement, code: 'unknown_run' as const } };
    expect(alarmFor(place, [one, claimed]).whatToDo).toBe(
      `What to do: if nobody of your team knows of it, use /patch freeze all, so that Patchday begins nothing new. ${LOOK_UP}`,
    );
  });

  it('sends people to the threads when rows are lost', () => {
    const [one] = found(1);
    if (!one) throw new Error('none');
    const lost = { ...one, judgement: { ...one.judgement, code: 'lost_rows' as const } };
    expect(alarmFor(place, [lost, lost]).whatToDo).toBe(
      `What to do: look into the threads of that time, where Patchday told what it did. If none tells of it, use /patch freeze all, so that Patchday begins nothing new. ${LOOK_UP}`,
    );
    expect(alarmFor(place, [lost, one]).whatToDo).toMatch(/^What to do: if nobody/);
  });

  it.each<[string, Partial<SentCommand>]>([
    ['AWS-RunPatchBaseline Install on 2 instances (i-1, i-2)', {}],
    ['AWS-RunPatchBaseline Install on 1 instance (i-1)', { instanceIds: ['i-1'] }],
    ['AWS-RunPatchBaseline Install on instances chosen by their tags', { instanceIds: [] }],
    ['AWS-RunPatchBaseline Install on 5 instances (1, 2, 3, 4, 5)', { instanceIds: [...'12345'] }],
    ['AWS-RunPatchBaseline Install on 6 instances (1, 2, 3, 4, 5, …)', { instanceIds: [...'123456'] }],
    ['AWS-RunPatchBaseline on 2 instances (i-1, i-2)', { parameters: {} }],
    ['AWS-RunPatchBaseline on 2 instances (i-1, i-2)', { parameters: { Operation: [] } }],
    ['x'.repeat(300), { document: { name: 'x'.repeat(400), version: '' } }],
  ])('calls a command "%s"', (words, command) => {
    expect(saysCommand({ ...COMMAND, ...command })).toBe(words);
  });

  it('has ten lines before it counts', () => {
    expect(alarmFor(place, found(10)).lines).toHaveLength(10);
    expect(alarmFor(place, found(11)).lines.at(-1)).toBe('And 1 more command: all of them are in the audit.');
  });

  it('cuts a long comment', () => {
    const [one] = found(1);
    if (!one) throw new Error('none');
    const long = { ...one, command: { ...one.command, comment: 'x'.repeat(300) } };
    expect(saysForeign(long)).toContain(`with the comment "${'x'.repeat(100)}". `);
  });

  it('is one message for a flood, with the rest counted', () => {
    const { lines, title } = alarmFor(place, found(500));
    expect(title).toContain('500 commands');
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('And 490 more commands: all of them are in the audit.');
  });

  it('does not let a comment pass for a mention', () => {
    const [one] = found(1);
    if (!one) throw new Error('none');
    const evil = { ...one, command: { ...one.command, comment: '\uE000UADMIN\uE001\n\nall is well' } };
    expect(saysForeign(evil)).toContain('with the comment "UADMIN all is well"');
  });
});
