import type { WorkspaceDefinition } from './workspace.ts';

/** Ids of the default workspace, documented in README.md; tests and example configurations rely on them. */
export const TEAM = 'T0NORTHWND';
export const USERS = {
  priya: 'U0PRIYAREQ',
  marco: 'U0MARCOREQ',
  aisha: 'U0AISHAAPP',
  tom: 'U0TOMAPPRV',
  olga: 'U0OLGAOUTS',
  dmitri: 'U0DMITRIEX',
  gwen: 'U0GWENGUES',
  bot: 'U0PATCHDAY',
} as const;
export const CHANNELS = {
  prod: 'C0PATCHPRD',
  nonprod: 'C0PATCHNON',
  general: 'C0GENERAL1',
} as const;
export const GROUPS = {
  requesters: 'S0REQUESTR',
  approvers: 'S0APPROVER',
} as const;

const { priya, marco, aisha, tom, olga, dmitri, gwen, bot } = USERS;

/** A platform team with two requesters, two approvers, an outsider, somebody who left, a guest and the bot. */
export const defaultWorkspace: WorkspaceDefinition = {
  team: { id: TEAM, name: 'Northwind Platform', domain: 'northwind-platform' },
  app: { id: 'A0PATCHDAY', botId: 'B0PATCHDAY', botUserId: bot },
  users: [
    { id: priya, name: 'priya', realName: 'Priya Raman', role: 'requester, in @patch-requesters' },
    { id: marco, name: 'marco', realName: 'Marco Bellini', role: 'requester, in @patch-requesters' },
    { id: aisha, name: 'aisha', realName: 'Aisha Okafor', role: 'approver, in @patch-approvers' },
    { id: tom, name: 'tom', realName: 'Tom Lindqvist', role: 'approver, in @patch-approvers' },
    { id: olga, name: 'olga', realName: 'Olga Novak', role: 'outsider, in no group' },
    { id: dmitri, name: 'dmitri', realName: 'Dmitri Petrov', role: 'deactivated account', deleted: true },
    { id: gwen, name: 'gwen', realName: 'Gwen Hale', role: 'guest', isRestricted: true },
    { id: bot, name: 'patchday', realName: 'Patchday', role: 'the bot', isBot: true },
  ],
  channels: [
    {
      id: CHANNELS.prod,
      name: 'patching-prod',
      topic: 'Patching of production: requests, approvals, reports',
      members: [priya, marco, aisha, tom, olga, dmitri, gwen, bot],
    },
    {
      id: CHANNELS.nonprod,
      name: 'patching-nonprod',
      topic: 'Patching of development, test and staging',
      members: [priya, marco, aisha, tom, olga, bot],
    },
    {
      id: CHANNELS.general,
      name: 'general',
      topic: 'Everyone at Northwind Platform',
      members: [priya, marco, aisha, tom, olga, dmitri],
    },
  ],
  userGroups: [
    { id: GROUPS.requesters, handle: 'patch-requesters', name: 'Patch requesters', members: [priya, marco] },
    { id: GROUPS.approvers, handle: 'patch-approvers', name: 'Patch approvers', members: [aisha, tom] },
  ],
  commands: [
    {
      command: '/patch',
      description: 'Scan and patch instances',
      usageHint: 'scan <env> | status | runs | stop | retry | report | backups | freeze | help',
      suggestions: ['/patch help', '/patch scan prod', '/patch scan nonprod', '/patch runs', '/patch status'],
    },
  ],
};
