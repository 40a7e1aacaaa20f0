import { type Permission, permissionsOfRole, type Role, roles } from './authorization.ts';
import { type Database, sql } from './database.ts';

export interface NamedPerson {
  readonly id: string;
  readonly name: string;
}

/** More people than this are found by what they work on, not in a list. */
const peopleMax = 500;

/** Everybody whose role may do something and who may still sign in: technicians first, then by name. */
export async function listPeopleWhoMay(database: Database, permission: Permission): Promise<NamedPerson[]> {
  const rolesThatMay = roles.filter((role) => permissionsOfRole[role].has(permission));
  const found = await sql<NamedPerson>`
    select id, name from users
    where disabled_at is null and role = any(${rolesThatMay}::text[])
    order by role <> 'technician', name, id limit ${peopleMax}`.execute(database);
  return found.rows;
}

/** A user who may still sign in, with whether their role may do something; undefined where there is none. */
export async function findPerson(
  database: Database,
  id: string,
  permission: Permission,
): Promise<(NamedPerson & { readonly role: Role; readonly may: boolean }) | undefined> {
  const found = await sql<NamedPerson & { role: Role }>`
    select id, name, role from users where id = ${id} and disabled_at is null`.execute(database);
  const [person] = found.rows;
  return person && { ...person, may: permissionsOfRole[person.role].has(permission) };
}
