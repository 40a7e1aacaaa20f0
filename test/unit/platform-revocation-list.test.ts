import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { revokedSerialNumbers } from '../../cloud/platform/http/revocation-list.ts';
import { TestAuthority } from '../support/certificates.ts';

const authority = new TestAuthority();
const other = new TestAuthority('Another authority');
afterAll(() => {
  authority.remove();
  other.remove();
});

const serialNumberOf = (file: string) => new X509Certificate(readFileSync(file)).serialNumber;

test('the serial numbers of a list, of none and of several in one file are those of the certificates', () => {
  const [one, two, good] = ['one', 'two', 'good'].map((name) => authority.sign(name, name).certificateFile);
  const strange = other.sign('strange', 'strange').certificateFile;
  if (one === undefined || two === undefined || good === undefined) {
    throw new Error('there are no certificates');
  }
  expect(revokedSerialNumbers('')).toEqual(new Set());
  expect(revokedSerialNumbers(readFileSync(authority.revoke(), 'utf8'))).toEqual(new Set());
  const lists = [authority.revoke(one, two), other.revoke(strange)].map((file) => readFileSync(file, 'utf8'));
  expect(revokedSerialNumbers(lists.join('\n'))).toEqual(new Set([one, two, strange].map(serialNumberOf)));
});

function numbersIn(text: string): number {
  try {
    return revokedSerialNumbers(text).size;
  } catch (error) {
    expect(error).toHaveProperty('message');
    return 0;
  }
}

test('a list with any byte changed is read or refused, and never more', () => {
  const pem = readFileSync(authority.revoke(), 'utf8');
  const bytes = Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64');
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (position, value) => {
      const changed = Buffer.from(bytes);
      changed[position] = value;
      const text = `-----BEGIN X509 CRL-----\n${changed.toString('base64')}\n-----END X509 CRL-----\n`;
      expect(numbersIn(text)).toBeLessThanOrEqual(bytes.length);
    }),
  );
});
