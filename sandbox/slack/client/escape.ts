import type { Workspace } from '../workspace.ts';

const TOKEN = /<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+|!subteam\^S[A-Z0-9]+)(?:\|[^<>]*)?>/g;
const EMAIL = /(?<![\w.@+-])[a-z0-9][\w.+-]*@(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w-])/gi;
const HOST =
  /(?<![\w@./:-])((?:https?:\/\/)?(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|example|internal)(?:\/[^\s<>|]*)?)(?![\w-])/gi;

/**
 * What Slack makes of typed text before an app gets it: & < > as entities, @name and #channel as ids with the
 * name beside it, hostnames and e-mail addresses as links. Ready-made `<@U…>` tokens stay, as the composer's own completion inserts them.
 */
export function escapeTyped(text: string, workspace: Workspace): string {
  const parts: string[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(escapePlain(text.slice(end, match.index), workspace), match[0]);
    end = match.index + match[0].length;
  }
  parts.push(escapePlain(text.slice(end), workspace));
  return parts.join('');
}

/** & < > as entities, as Slack does with all text. */
export function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function escapePlain(text: string, workspace: Workspace): string {
  return escapeEntities(text)
    .replace(EMAIL, (found: string) => `<mailto:${found}|${found}>`)
    .replace(HOST, (found: string) => {
      const url = /^https?:/i.test(found) ? found : `http://${found}`;
      return found === url ? `<${url}>` : `<${url}|${found}>`;
    })
    .replace(/(?<![\w/])@([a-z0-9._-]+)/gi, (whole, name: string) => {
      const group = workspace.userGroup(name);
      if (group) return `<!subteam^${group.id}|@${group.handle}>`;
      const user = workspace.user(name);
      return user ? `<@${user.id}|${user.name}>` : whole;
    })
    .replace(/(?<![\w/&])#([a-z0-9_-]+)/gi, (whole, name: string) => {
      const channel = workspace.channel(name);
      return channel ? `<#${channel.id}|${channel.name}>` : whole;
    });
}
