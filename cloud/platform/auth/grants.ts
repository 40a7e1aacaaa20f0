import { AndonError } from '@andon/shared/kernel';
import { type Permission, type Principal, permissionsOfRole, type Role } from '../authorization.ts';

/**
 * Nobody gives what they do not hold: a key that may keep users, and little else, could otherwise make itself an
 * administrator. It holds for the role that somebody gets, and for the role of the one who is changed.
 * @throws AndonError `platform.more-than-own` (403)
 */
export function refuseMoreThanOwn(by: Principal, wanted: Iterable<Permission>): void {
  const missing = [...wanted].filter((permission) => !by.permissions.has(permission));
  if (missing.length > 0) {
    throw new AndonError({
      code: 'platform.more-than-own',
      message: `${by.name} cannot give or change more than is its own: ${missing.join(', ')}.`,
      nextStep: 'Ask an administrator.',
      status: 403,
      details: { permissions: missing },
    });
  }
}

export function refuseHigherRole(by: Principal, role: Role): void {
  refuseMoreThanOwn(by, permissionsOfRole[role]);
}
