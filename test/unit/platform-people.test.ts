import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../cloud/config.ts';
import { permissionsOfKey } from '../../cloud/platform/auth/api-keys.ts';
import { decideAdmission, type Identity } from '../../cloud/platform/auth/openid-connect/admission.ts';
import type { OpenIdConnectSettings } from '../../cloud/platform/auth/openid-connect/settings.ts';
import { passwordWeakness } from '../../cloud/platform/auth/password-rules.ts';
import { permissions, permissionsOfRole, roles } from '../../cloud/platform/index.ts';

describe('passwords', () => {
  const eva = { email: 'eva.lindqvist@plant.example', name: 'Eva Lindqvist' };

  test.each([
    ['aaaaaaaaaaaa', 'few-characters'],
    ['1212121212', 'few-characters'],
    ['eva.lindqvist@plant.example', 'own-words'],
    ['Lindqvist2026!', 'own-words'],
    ['andon-123456', 'own-words'],
    ['EvaLindqvist', 'own-words'],
    ['correct horse battery', undefined],
    ['lindqvist loves oranges', undefined],
    ['8ü$Kq-71xYz', undefined],
    ['1829374650', undefined],
  ])('%s: %s', (password, weakness) => {
    expect(passwordWeakness(password, eva)).toBe(weakness);
  });
});

describe('what a key may do', () => {
  test('is never more than it was made for, nor than its owner may', () => {
    const role = fc.constantFrom(...roles);
    const scopes = fc.subarray([...permissions]);
    fc.assert(
      fc.property(fc.oneof(role, scopes), fc.option(role), (made, owner) => {
        const key = Array.isArray(made) ? { role: null, scopes: made } : { role: made, scopes: null };
        const given = new Set(Array.isArray(made) ? made : permissionsOfRole[made]);
        for (const permission of permissionsOfKey(key, owner)) {
          const allowed =
            given.has(permission) && (owner === null || permissionsOfRole[owner].has(permission));
          expect(allowed || permission === 'session').toBe(true);
        }
      }),
    );
  });
});

describe('who comes in by OpenID Connect', () => {
  const settings: OpenIdConnectSettings = {
    issuer: 'https://id.example',
    clientId: 'andon',
    name: 'id',
    scopes: 'openid',
    roleClaim: 'realm_access.roles',
    roles: [
      { value: 'boss', role: 'administrator' },
      { value: 'hand', role: 'technician' },
    ],
    emailDomains: [],
    linkByEmail: false,
  };
  const identity = (claims: Record<string, unknown>, changes: Partial<Identity> = {}): Identity => ({
    issuer: settings.issuer,
    subject: '1',
    email: 'a@b.example',
    emailVerified: true,
    name: 'A',
    claims,
    ...changes,
  });
  const nobody = { bySubject: undefined, byEmail: undefined };

  test.each([
    [{ realm_access: { roles: ['hand', 'boss'] } }, 'administrator'],
    [{ realm_access: { roles: 'hand' } }, 'technician'],
    [{ 'realm_access.roles': ['hand'], realm_access: { roles: ['boss'] } }, 'technician'],
    [{ realm_access: { roles: ['BOSS', 'boss '] } }, undefined],
    [{ realm_access: ['boss'] }, undefined],
    [{ realm_access: { roles: [{ boss: true }, 1, null] } }, undefined],
    [{}, undefined],
  ])('%j gives the role %s', (claims, role) => {
    expect(decideAdmission(settings, identity(claims), nobody)).toEqual(
      role === undefined ? { admit: 'no', refusal: 'no-role' } : { admit: 'new', role, email: 'a@b.example' },
    );
  });

  test('without a verified email, a role, or with a disabled user, never, whatever else holds', () => {
    const user = fc.option(fc.record({ disabled: fc.boolean(), linked: fc.boolean() }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.record({ bySubject: user, byEmail: user }),
        fc.boolean(),
        fc.boolean(),
        fc.subarray(['boss', 'hand', 'other']),
        fc.boolean(),
        (users, linkByEmail, mapped, held, emailVerified) => {
          const wanted = { ...settings, linkByEmail, roles: mapped ? settings.roles : [] };
          const who = identity({ realm_access: { roles: held } }, { emailVerified });
          const admission = decideAdmission(wanted, who, users);
          if (admission.admit === 'no') {
            return;
          }
          expect(emailVerified).toBe(true);
          expect(mapped ? held.some((value) => value !== 'other') : admission.admit !== 'new').toBe(true);
          const met = admission.admit === 'known' ? users.bySubject : users.byEmail;
          expect(met?.disabled ?? false).toBe(false);
          expect(admission.admit === 'by-email' ? linkByEmail && !met?.linked : true).toBe(true);
        },
      ),
    );
  });
});

describe('the settings of OpenID Connect', () => {
  const settings = { ANDON_OIDC_ISSUER: 'https://id.example', ANDON_OIDC_CLIENT_ID: 'andon' };

  test('are read, and are absent where there is no issuer', () => {
    expect(readConfig({}).openIdConnect).toBeUndefined();
    expect(
      readConfig({
        ...settings,
        ANDON_OIDC_ROLES: 'cn=admins=administrator, hands=technician',
        ANDON_OIDC_EMAIL_DOMAINS: 'Plant.example, @b.example',
        ANDON_OIDC_LINK_BY_EMAIL: '1',
      }).openIdConnect,
    ).toEqual({
      issuer: 'https://id.example',
      clientId: 'andon',
      name: 'id.example',
      scopes: 'openid email profile',
      roleClaim: 'groups',
      roles: [
        { value: 'cn=admins', role: 'administrator' },
        { value: 'hands', role: 'technician' },
      ],
      emailDomains: ['plant.example', 'b.example'],
      linkByEmail: true,
    });
    expect(
      readConfig({ ...settings, ANDON_OIDC_ISSUER: 'http://127.0.0.1:3000' }).openIdConnect?.issuer,
    ).toBe('http://127.0.0.1:3000');
  });

  test.each([
    ['ANDON_OIDC_ISSUER', 'http://id.example'],
    ['ANDON_OIDC_ISSUER', 'http://127.0.0.1.evil.test'],
    ['ANDON_OIDC_CLIENT_ID', ''],
    ['ANDON_OIDC_CLIENT_SECRET_FILE', '/nowhere/secret'],
    ['ANDON_OIDC_CLIENT_SECRET_FILE', '/dev/null'],
    ['ANDON_OIDC_SCOPES', 'email'],
    ['ANDON_OIDC_ROLES', 'admins'],
    ['ANDON_OIDC_ROLES', 'admins=root'],
    ['ANDON_OIDC_LINK_BY_EMAIL', 'maybe'],
  ])('a wrong %s (%s) is named', (name, value) => {
    expect(() => readConfig({ ...settings, [name]: value })).toThrow(
      expect.objectContaining({ code: 'config.invalid', field: name }),
    );
  });
});
