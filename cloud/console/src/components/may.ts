import { useQuery } from '@tanstack/react-query';
import { queries } from '../api/queries.ts';

/** Whether who is signed in has a permission. Nobody is offered what the cloud would refuse. */
export function useMay(permission: string): boolean {
  const session = useQuery(queries.session());
  return session.data?.user.permissions.includes(permission) ?? false;
}
