/** An authority and certificates of it, made by openssl for one test run: keys do not belong in a repository. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of one party. */
export interface Party {
  readonly certificate: string;
  readonly key: string;
}

/** Makes `ca.pem`, and `NAME.pem` with `NAME.key` for each name. @returns paths */
export function makeCertificates(
  directory: string,
  names: readonly string[],
): { readonly ca: string; readonly parties: Party[] } {
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { cwd: directory, stdio: 'pipe' });
  };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority', '-days', '2');
  const parties = names.map((name) => {
    openssl('req', ...curve, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signed);
    return { certificate: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) };
  });
  return { ca: join(directory, 'ca.pem'), parties };
}

/** The texts of a party's files. */
export function texts({ certificate, key }: Party, ca: string) {
  return {
    certificate: readFileSync(certificate, 'utf8'),
    key: readFileSync(key, 'utf8'),
    ca: readFileSync(ca, 'utf8'),
  };
}
