import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportHtml } from '../../src/report/html.ts';
import { HONEST_NOTES } from '../../src/report/notes.ts';
import { OUTCOMES } from '../../src/workflow/run-types.ts';
import { HOSTILE } from './hostile.ts';
import { START, target, troubledView, view } from './support.ts';

/** Start tags outside the style sheet, with their attributes as written. */
function tags(page: string): { name: string; attributes: string }[] {
  const body = page.replace(/<style>[\s\S]*?<\/style>/, '<style></style>');
  return [...body.matchAll(/<([a-z0-9!]+)((?:[^<>"']|"[^"]*"|'[^']*')*)>/gi)].map((m) => ({
    name: (m[1] ?? '').toLowerCase(),
    attributes: m[2] ?? '',
  }));
}

const ALLOWED_TAGS = new Set(
  '!doctype html div head meta title style body main header section footer h1 h2 p ul li dl dt dd b small span code pre table thead tbody tr th td details summary svg rect time'.split(
    ' ',
  ),
);

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
  for (const { name, attributes } of tags(page)) {
    expect(ALLOWED_TAGS).toContain(name);
    expect(attributes.replace(/"[^"]*"/g, '""')).not.toMatch(/\b(on\w+|style|src|href|action|srcset)\s*=/i);
  }
}

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
    const page = reportHtml(
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
              effectId: 1,
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
    expectDead(page);
    expect(page).not.toMatch(/(?![\t\n])\p{Cc}|[\u200b\u202e\u2060]|\p{Surrogate}/u);
    // The same skeleton as with a harmless name: foreign text adds no element.
    expect(page.match(/<script|<iframe|<img|<form|<a[\s>]/i)).toBeNull();
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
