import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMMANDS, helpText } from '../../src/slack/command-table.ts';
import { parseCommand } from '../../src/slack/parse.ts';

const known = { environments: ['prod', 'nonprod'], landingZones: ['payments-prod'] };
const parse = (text: string) => parseCommand(text, known);

function command(text: string) {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(`"${text}" was refused: ${parsed.text}`);
  return parsed.command;
}

function refusal(text: string): string {
  const parsed = parse(text);
  if (parsed.ok) throw new Error(`"${text}" was accepted: ${JSON.stringify(parsed.command)}`);
  return parsed.text;
}

const scope = { name: 'prod', pattern: null, tags: [], platform: null, regions: [], only: null };
const scan = {
  do: 'scan',
  scope,
  fresh: false,
  dryRun: false,
  backupOnly: false,
  now: false,
  at: null,
  until: null,
};

describe('the command grammar', () => {
  it.each<[string, object]>([
    ['scan prod', scan],
    ['SCAN prod', scan],
    ['/patch scan prod', scan],
    ['scan prod web-*', { ...scan, scope: { ...scope, pattern: 'web-*' } }],
    ['scan prod --fresh --dry-run', { ...scan, fresh: true, dryRun: true }],
    ['scan --dry-run prod', { ...scan, dryRun: true }],
    ['scan prod --backup-only --now', { ...scan, backupOnly: true, now: true }],
    ['scan prod --at "sun 06:00" --until 18:00', { ...scan, at: 'sun 06:00', until: '18:00' }],
    ['scan prod --at sun 06:00 --until 18:00', { ...scan, at: 'sun 06:00', until: '18:00' }],
    ['scan prod --at=18:00', { ...scan, at: '18:00' }],
    ['scan prod tag:Role=web', { ...scan, scope: { ...scope, tags: [{ key: 'Role', value: 'web' }] } }],
    [
      'scan prod tag:Role="web front"',
      { ...scan, scope: { ...scope, tags: [{ key: 'Role', value: 'web front' }] } },
    ],
    [
      'scan prod tag:"Patch Group"=a=b',
      { ...scan, scope: { ...scope, tags: [{ key: 'Patch Group', value: 'a=b' }] } },
    ],
    ['scan prod tag:a:b=c', { ...scan, scope: { ...scope, tags: [{ key: 'a:b', value: 'c' }] } }],
    ['scan prod platform:Windows', { ...scan, scope: { ...scope, platform: 'windows' } }],
    [
      'scan prod region:eu-west-1,us-gov-west-1',
      { ...scan, scope: { ...scope, regions: ['eu-west-1', 'us-gov-west-1'] } },
    ],
    ['status', { do: 'status', run: null }],
    ['status #K3F9', { do: 'status', run: 'k3f9' }],
    ['runs', { do: 'runs' }],
    ['stop k3f9', { do: 'stop', run: 'k3f9', reason: '' }],
    ["stop k3f9 I don't like it", { do: 'stop', run: 'k3f9', reason: "I don't like it" }],
    ['retry k3f9', { do: 'retry', run: 'k3f9' }],
    [
      'resolve k3f9 i-01 "looked: fine"',
      { do: 'resolve', run: 'k3f9', instance: 'i-01', reason: 'looked: fine' },
    ],
    ['release k3f9 "looked: fine"', { do: 'release', run: 'k3f9', reason: 'looked: fine' }],
    ['report k3f9', { do: 'report', run: 'k3f9' }],
    ['backups prod', { do: 'backups', scope }],
    ['cves web-01', { do: 'cves', instance: 'web-01' }],
    ['freeze all incident 4711', { do: 'freeze', reason: 'incident 4711' }],
    ['unfreeze all', { do: 'unfreeze' }],
    ['help', { do: 'help', topic: null }],
    ['', { do: 'help', topic: null }],
    ['help scan', { do: 'help', topic: 'scan' }],
  ])('%s', (text, expected) => {
    expect(command(text)).toEqual(expected);
  });

  it.each<[string, RegExp]>([
    ['scn prod', /Did you mean scan\?.*Usage: \/patch scan/s],
    ['sta', /Did you mean status\?/],
    ['bakcups', /Did you mean backups\?/],
    ['prod', /Did you mean \/patch scan prod\?/],
    ['Payments-Prod', /Did you mean \/patch scan payments-prod\?/],
    ['zzzzzzzz', /Commands: scan, status/],
    ['approve k3f9', /buttons on the card/],
    ['reject k3f9', /buttons on the card/],
    ['scan', /Which environment.*Usage/s],
    ['scan prod a b', /one word too many/],
    ['scan prod --frsh', /Did you mean --fresh\?/],
    ['scan prod --now --at 18:00', /not both/],
    ['scan prod --until 18:00', /--until needs --now or --at/],
    ['scan prod --at', /--at needs a time/],
    ['scan prod --at --fresh', /--at needs a time/],
    ['scan prod --fresh --fresh', /twice/],
    ['scan prod platform:mac', /windows or linux/],
    ['scan prod region:europe', /not the name of a region/],
    ['scan prod tag:Role', /tag:Key=Value/],
    ['scan prod plattform:linux', /Did you mean platform:\?/],
    ['backups prod --fresh', /not an option here/],
    ['stop', /Which run\?/],
    ['release k3f9', /A reason is needed/],
    ['resolve k3f9', /Which instance\?/],
    ['resolve k3f9 i-01', /A reason is needed/],
    ['freeze', /Say "all"/],
    ['unfreeze prod', /Say "all"/],
    ['help scna', /\/patch help scan/],
  ])('%s is refused with what to do', (text, expected) => {
    expect(refusal(text)).toMatch(expected);
  });

  it('understands every kind of dash before an option', () => {
    for (const dash of ['--', '-', '—', '–', '‑‑', '−−', '‐‐', '‒', '―', '－－', '﹣']) {
      expect(command(`scan prod ${dash}fresh`), dash).toEqual({ ...scan, fresh: true });
    }
  });

  it('understands every kind of quote and space', () => {
    const expected = command('scan prod --at "sun 06:00"');
    for (const [open, close] of ['“”', '„“', '‘’', '‚‘', '«»', '″″', '＂＂', "''", '””', '’’']) {
      expect(command(`scan prod --at ${open}sun 06:00${close}`), open).toEqual(expected);
    }
    expect(command('scan\u00a0prod\u2003--at\u202f"sun\u00a006:00"')).toEqual(expected);
    expect(command('scan \u200bprod\u200e --at "sun 06:00"\u2060')).toEqual(expected);
  });

  it('reads what Slack makes of mentions, channels and addresses as their text', () => {
    expect(command('cves <http://web-01.corp.example|web-01.corp.example>')).toEqual({
      do: 'cves',
      instance: 'web-01.corp.example',
    });
    expect(command('cves <http://web-01.corp>')).toEqual({ do: 'cves', instance: 'http://web-01.corp' });
    expect(command('stop k3f9 ask <@U0AISHAAPP|aisha> in <#C0PATCHPRD|patching> &amp; wait')).toMatchObject({
      reason: 'ask @aisha in #patching & wait',
    });
  });

  it('never throws, whatever is typed', () => {
    const pieces = fc.constantFrom(
      ...COMMANDS.map((c) => c.name),
      'prod',
      '--',
      '—',
      '"',
      '”',
      "'",
      'tag:',
      'tag:=',
      'region:',
      '<@',
      '<http://a|',
      '>',
      '--at',
      '=',
      ' ',
      '\u00a0',
      '🙂',
      '\ud800',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 12 }).map((p) => p.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => typeof parse(text).ok === 'boolean'),
      { numRuns: 1000 },
    );
  });

  it('answers at once however long and quoted the text is', () => {
    const before = performance.now();
    parse(`scan prod ${'"='.repeat(50_000)}`);
    parse('scan '.repeat(50_000));
    expect(performance.now() - before).toBeLessThan(500);
  });
});

describe('the command table', () => {
  it('is what help lists, every command', () => {
    for (const { name } of COMMANDS) expect(helpText(null)).toContain(`/patch ${name}`);
  });

  it('has examples that the parser accepts as that command', () => {
    for (const entry of COMMANDS) {
      expect(entry.examples.length).toBeGreaterThan(0);
      for (const example of entry.examples) expect(command(example).do, example).toBe(entry.name);
    }
  });

  it('explains each command with its usage and options', () => {
    for (const entry of COMMANDS) {
      const text = helpText(entry.name);
      expect(text).toContain(`/patch ${entry.usage}`);
      for (const option of entry.options) expect(text).toContain(option.name);
    }
  });
});
