/** The people of the simulated workspace who take part in the demo. */
import { USERS } from '../slack/default-workspace.ts';

export const REQUESTER = { id: USERS.priya, name: 'Priya' };
export const APPROVER = { id: USERS.aisha, name: 'Aisha' };
export const OUTSIDER = { id: USERS.olga, name: 'Olga' };
