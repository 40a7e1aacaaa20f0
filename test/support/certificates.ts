import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An authority made for one test, by openssl, and what it signs. Nothing of it outlives the test. */
export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'andon-certificates-'));
  readonly caFile = join(this.folder, 'ca.pem');
  readonly #caKey = join(this.folder, 'ca.key');

  constructor(name = 'Test authority') {
    this.#openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', this.#caKey, '-out', this.caFile, '-days', '2', '-subj', `/CN=${name}`],
    );
    writeFileSync(join(this.folder, 'index.txt'), '');
  }

  /** A certificate and its key, in files of these names. */
  sign(
    file: string,
    commonName: string,
    alternativeNames?: string,
  ): { readonly certificateFile: string; readonly keyFile: string } {
    const keyFile = join(this.folder, `${file}.key`);
    const certificateFile = join(this.folder, `${file}.pem`);
    const request = join(this.folder, `${file}.csr`);
    this.#openssl(
      ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', keyFile, '-out', request, '-subj', `/CN=${commonName}`],
    );
    const extensions = join(this.folder, `${file}.ext`);
    writeFileSync(extensions, alternativeNames === undefined ? '' : `subjectAltName=${alternativeNames}\n`);
    this.#openssl(
      ...['x509', '-req', '-in', request, '-CA', this.caFile, '-CAkey', this.#caKey, '-CAcreateserial'],
      ...['-days', '2', '-extfile', extensions, '-out', certificateFile],
    );
    return { certificateFile, keyFile };
  }

  /** A list of revoked certificates, in a file. */
  revoke(...certificateFiles: readonly string[]): string {
    const configuration = join(this.folder, 'ca.conf');
    const list = join(this.folder, 'revoked-list.pem');
    writeFileSync(
      configuration,
      `[ca]\ndefault_ca=own\n[own]\ndatabase=${join(this.folder, 'index.txt')}\ndefault_md=sha256\ndefault_crl_days=2\n`,
    );
    const own = ['-config', configuration, '-cert', this.caFile, '-keyfile', this.#caKey];
    for (const file of certificateFiles) {
      this.#openssl('ca', ...own, '-revoke', file);
    }
    this.#openssl('ca', ...own, '-gencrl', '-out', list);
    return list;
  }

  read(file: string): Buffer {
    return readFileSync(file);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #openssl(...parameters: readonly string[]): void {
    execFileSync('openssl', [...parameters], { stdio: 'pipe' });
  }
}
