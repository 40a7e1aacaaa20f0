import { useQuery } from '@tanstack/react-query';
import { queries } from '../api/queries.ts';
import type { CommandDefinition } from '../api/types.ts';

/** Whether who is signed in has a permission. Nobody is offered what the cloud would refuse. */
export function useMay(permission: string): boolean {
  const session = useQuery(queries.session());
  return session.data?.user.permissions.includes(permission) ?? false;
}

/** Whether who is signed in may send a command: its definition may narrow that to some roles. */
export function useMaySend(): (command: Pick<CommandDefinition, 'roles'>) => boolean {
  const session = useQuery(queries.session());
  const user = session.data?.user;
  return ({ roles }) =>
    user?.permissions.includes('commands:send') === true &&
    (user.role === 'administrator' || roles === undefined || roles.includes(user.role));
}
