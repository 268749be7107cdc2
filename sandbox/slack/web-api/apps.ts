import type { Methods } from './method.ts';

/** docs.slack.dev/reference/methods/apps.connections.open: needs the app-level token. */
export const appMethods: Methods = {
  'apps.connections.open': {
    scope: null,
    tier: 3,
    token: 'app',
    run: (_args, world) => {
      const { host } = new URL(world.url);
      const query = `ticket=${world.sockets.newTicket()}&app_id=${world.workspace.app.id}`;
      return { url: `ws://${host}/link/?${query}` };
    },
  },
};
