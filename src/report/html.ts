/**
 * The report as one page that stands alone: no script, nothing loaded, and a content security policy that
 * forbids both, so that a hostile name that got past the escaping would still be dead text. Pure.
 */
import { createHash } from 'node:crypto';
import type { RunView } from '../workflow/view.ts';
import { instancesSection, leftOutSection } from './html-instances.ts';
import { notesSection, peopleSection, planSection, verdictSection, wavesSection } from './html-run.ts';
import { STYLE } from './html-style.ts';
import { type Html, html, line, ownMarkup } from './html-text.ts';
import { todoSection } from './html-todo.ts';

/** frame-ancestors is left out: browsers ignore it in a meta element. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** The page as UTF-8 text. The same view gives the same bytes. */
export function reportHtml(view: RunView): string {
  const title = `Patchday report ${view.run.id}, ${view.run.environment}`;
  const page: Html = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${ownMarkup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="generator" content="Patchday">
<title>${line(title)}</title>
<style>${ownMarkup(STYLE)}</style>
</head>
<body>
<main>
${verdictSection(view)}${todoSection(view)}${wavesSection(view)}${instancesSection(view)}${leftOutSection(view)}${peopleSection(view)}${planSection(view)}${notesSection()}<footer><p>Written by Patchday. The same facts for machines are in report.json, for spreadsheets in report.csv.</p></footer>
</main>
</body>
</html>
`;
  return page;
}
