/**
 * Reads the certificates and the key of the P4Runtime server, and checks them before the server sees them: the TLS
 * library's own messages name neither file nor option, and it takes an authority's file without any certificate to mean
 * that nobody is trusted.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerTlsOptions } from '@mooring/p4runtime-ts/server';
import type { TlsFiles } from './arguments.ts';

/**
 * The files' content, in PEM.
 *
 * @throws Error for people naming option and file: not readable, no certificate, no key, or a key of another
 * certificate
 */
export function readTlsFiles(files: TlsFiles): ServerTlsOptions {
  const cert = read('--grpc-server-cert', files.certFile);
  const certificate = checkCertificate('--grpc-server-cert', files.certFile, cert);
  const key = read('--grpc-server-key', files.keyFile);
  if (!certificate.checkPrivateKey(checkKey('--grpc-server-key', files.keyFile, key)))
    throw new Error(`The certificate ${files.certFile} has another key than ${files.keyFile}`);
  if (files.caFile === undefined) return { cert, key, requireClientCertificate: files.requireClientCertificate };
  const ca = read('--grpc-server-cacert', files.caFile);
  checkCertificate('--grpc-server-cacert', files.caFile, ca);
  return { cert, key, ca, requireClientCertificate: files.requireClientCertificate };
}

function read(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${option} ${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function checkCertificate(option: string, file: string, content: Buffer): X509Certificate {
  try {
    return new X509Certificate(content);
  } catch (error) {
    throw new Error(`${option} ${file} is no certificate in PEM`, { cause: error });
  }
}

function checkKey(option: string, file: string, content: Buffer): KeyObject {
  try {
    return createPrivateKey(content);
  } catch (error) {
    throw new Error(`${option} ${file} is no private key in PEM without passphrase`, { cause: error });
  }
}
