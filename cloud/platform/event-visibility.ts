import type { Principal } from './authorization.ts';

/** Who signed in from where, who tried, and what became of users and keys. */
export const eventsOfPeople = /^(user|session|api-key)[.]/;

/** They are for those who keep the users; everybody else reads what happened to machines and cases. */
export function maySeePeople(principal: Principal): boolean {
  return principal.permissions.has('users:manage');
}

export function maySee(principal: Principal, type: string): boolean {
  return maySeePeople(principal) || !eventsOfPeople.test(type);
}
