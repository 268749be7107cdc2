import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportHtml } from '../../src/report/html.ts';
import { bar } from '../../src/report/html-parts.ts';
import { html, line, lines } from '../../src/report/html-text.ts';
import { HONEST_NOTES } from '../../src/report/notes.ts';
import { OUTCOMES } from '../../src/workflow/run-types.ts';
import { liveMarkup } from '../support/dead-html.ts';
import { HOSTILE } from './hostile.ts';
import { START, target, troubledView, view } from './support.ts';

/** Text as a reader sees it. */
function text(page: string): string {
  return page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

function expectDead(page: string): void {
  expect(liveMarkup(page)).toEqual([]);
}

/** The report of a job in which everything that others name has this name. */
function calledBy(name: string): string {
  const hostile = target(1, {
    instance: {
      name,
      platformVersion: name,
      landingZone: name,
      availabilityZone: name,
      instanceType: name,
    },
    outcome: 'failed',
    outcomeReason: name,
    nextStep: name || 'x',
    excerpt: name,
    imageId: name,
    commandId: name,
    installed: [{ title: name, kbId: name, severity: name, state: name }],
  });
  return reportHtml(
    view([hostile, target(2, { wave: null, outcomeReason: name })], {
      run: {
        scope: {
          name,
          pattern: name,
          tags: [{ key: name, value: name }],
          platform: null,
          regions: [name],
          only: null,
        },
        endReason: name,
        requestedBy: name,
        planHash: name,
        failedZones: [{ landingZone: name, reason: name }],
      },
      rest: {
        questions: [
          {
            tag: name,
            runId: 'x',
            text: name,
            whatToCheck: name,
            targets: [name],
            askedAt: START,
            answers: [],
          },
        ],
      },
    }),
  );
}

/** Its tags, without what is said between them. */
const skeleton = (page: string) => page.match(/<[^>]*>/g);

describe('the HTML report', () => {
  it('has no script, loads nothing, and forbids both', () => {
    const page = reportHtml(troubledView());
    expectDead(page);
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
    expect(style).not.toMatch(/url\(|@import|https?:/);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(createHash('sha256').update(style).digest('base64'));
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    // The policy has to stand before anything that it is to govern.
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style>'));
  });

  it('says first how it went, against the target', () => {
    const seen = text(reportHtml(troubledView()));
    expect(seen).toContain('Completed: 11 of 15 planned instances are patched and verified.');
    expect(seen).toContain('73.3 %');
    expect(seen).toContain('target 98 %: missed');
  });

  it('never rounds a missed target up to a met one', () => {
    const fleet = Array.from({ length: 1000 }, (_, i) => target(i, i < 979 ? {} : { outcome: 'failed' }));
    expect(text(reportHtml(view(fleet)))).toMatch(/97\.9 % .*missed/);
    const met = Array.from({ length: 50 }, (_, i) => target(i, i < 49 ? {} : { outcome: 'failed' }));
    expect(text(reportHtml(view(met)))).toMatch(/98 % .*target 98 %: met/);
  });

  it('does not count an instance that waits for a reboot as a success', () => {
    const one = view([target(1), target(2, { outcome: 'patched_reboot_pending', nextStep: 'Reboot it.' })]);
    expect(text(reportHtml(one))).toContain('1 of 2 planned instances is patched and verified');
  });

  it('says what needs a person: questions, zones, power left on, commands that may run, next steps', () => {
    const page = reportHtml(troubledView());
    const todo = text(page.slice(page.indexOf('What needs a person now'), page.indexOf('<h2>Waves')));
    for (const expected of [
      'Was the patch command for wave 2 sent to batch-night?',
      'Run Command history of 011110000001',
      'Mend the access to data-prod',
      'Left switched on',
      'Do not stop, restore or patch it',
      'Unknown: 1 instance',
      '/patch resolve k3f9a2 batch-night',
      'Failed: 1 instance',
      'Patched, reboot pending: 1 instance',
      'Find out why the image failed',
    ])
      expect(todo).toContain(expected);
    expect(todo).not.toContain('asg-web-7f');
  });

  it('says so when nothing needs a person', () => {
    expect(text(reportHtml(view([target(1)])))).toContain('What needs a person now Nothing.');
  });

  it('shows times in the zone of the environment and in UTC', () => {
    const seen = text(reportHtml(troubledView()));
    expect(seen).toContain('Sun 22 Nov 2026, 05:30 CET 2026-11-22T04:30:00Z');
    expect(seen).toContain('Took 1 h 15 min');
  });

  it('shows before and after, with unknown for what was never scanned', () => {
    const page = reportHtml(troubledView());
    expect(text(page)).toContain('missing 4 → 0');
    expect(text(page)).toContain('missing unknown → 0');
  });

  it('explains the exit code and shows the end of the output', () => {
    const seen = text(reportHtml(troubledView()));
    expect(seen).toContain('exit code 156: the patch payload could not be downloaded');
    expect(seen).toContain('<urlopen error [Errno 110] Connection timed out>');
  });

  it('says what it does not prove', () => {
    for (const note of HONEST_NOTES) expect(text(reportHtml(view([])))).toContain(note);
  });

  it.each(['rejected', 'expired', 'dry_run', 'nothing_to_do', 'discovery_failed'] as const)(
    'says that nothing was changed after %s, and gives no rate',
    (end) => {
      const seen = text(
        reportHtml(
          view([target(1, { wave: null, outcome: 'skipped' })], { run: { end }, rest: { plan: null } }),
        ),
      );
      expect(seen).toContain('nothing was changed');
      expect(seen).toContain('no success rate');
    },
  );

  it('does not count an approval of an earlier plan', () => {
    const page = reportHtml(
      view([target(1)], { rest: { approvals: [{ userId: 'U0OLD', at: START, planHash: 'other' }] } }),
    );
    expect(text(page)).not.toContain('U0OLD');
    expect(text(page)).toContain('1 earlier, void since the plan was changed');
  });

  it.each([0, 1, 5000])('lists %i instances, each exactly once', (n) => {
    const fleet = Array.from({ length: n }, (_, i) => target(i, { wave: i % 7 === 3 ? null : 1 + (i % 4) }));
    const page = reportHtml(view(fleet));
    const ids = [...page.matchAll(/<th scope="row">[^<]*<small><code>(i-[0-9a-f]+)<\/code>/g)].map(
      (m) => m[1],
    );
    expect([...ids].sort()).toEqual(fleet.map((t) => t.instance.instanceId).sort());
  });

  it.each(HOSTILE)('stays dead when everything is called %j', (name) => {
    const page = calledBy(name);
    expectDead(page);
    expect(page).not.toMatch(/(?![\t\n])\p{Cc}|[\u200b\u202e\u2060]|\p{Surrogate}/u);
    // Foreign text adds no element, not even a harmless one.
    expect(skeleton(page)).toEqual(skeleton(calledBy('plain')));
  });

  it.each([
    '<script>alert(1)</script>',
    '</style><style>*{}</style>',
    '<a href=javascript:alert(1)>x</a>',
    '<b onclick="alert(1)">x</b>',
    '<b onclick=alert(1)>x</b>',
    '<time datetime="x" onmouseover="alert(1)">x</time>',
    '<svg/onload=alert(1)>',
    '<meta http-equiv="refresh" content="0">',
    '<img src=x',
    '<!-- x -->',
    'a > b',
    'x" y',
    "x' y",
  ])('would be taken for live with %s in it', (live) => {
    expect(liveMarkup(reportHtml(view([target(1)])).replace('</h1>', `${live}</h1>`))).not.toEqual([]);
  });

  it('escapes both quotes and all of markup, in text and in attributes', () => {
    const raw = `"'<>&`;
    const escaped = '&quot;&#39;&lt;&gt;&amp;';
    expect(line(raw)).toBe(escaped);
    expect(lines(raw)).toBe(escaped);
    const breakOut = `x" onmouseover="alert(1)' onfocus='alert(1)`;
    expect(bar('meter', 0, 1, breakOut)).toContain(
      'aria-label="x&quot; onmouseover=&quot;alert(1)&#39; onfocus=&#39;alert(1)">',
    );
    expectDead(bar('meter', 0, 1, breakOut));
    expectDead(html`<td data-label="${line(breakOut)}">x</td>`);
  });

  it('stays dead whatever the text', () => {
    const nasty = fc.string({
      unit: fc.oneof(
        fc.constantFrom('<', '>', '"', "'", '&', '/', '=', 'script', 'onload', ' ', '\n', '<!--', ']]>'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 15,
    });
    fc.assert(
      fc.property(nasty, fc.constantFrom(...OUTCOMES), (name, outcome) => {
        expectDead(
          reportHtml(view([target(1, { instance: { name }, excerpt: name, outcome, nextStep: name })])),
        );
      }),
      { numRuns: 200 },
    );
  });
});
