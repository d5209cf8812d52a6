import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { didYouMean } from '../did-you-mean.js';
import { UsageError } from '../errors.js';

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** TLS as libpq's parameters describe it (https://www.postgresql.org/docs/current/libpq-ssl.html). */
export interface TlsSettings {
  readonly mode: SslMode;
  /** Path of trusted certificates, or `system`. */
  readonly rootCert: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  /** The user's folder, where libpq looks for `.postgresql/root.crt`. */
  readonly home: string | undefined;
}

/** @throws UsageError `bad_sink_option`. */
export function parseSslMode(text: string | undefined): SslMode {
  if (text === undefined) return 'prefer';
  const mode = SSL_MODES.find((name) => name === text);
  if (mode !== undefined) return mode;
  throw new UsageError(`sslmode=${text}: there are ${SSL_MODES.join(', ')}`, {
    code: 'bad_sink_option',
    hint: didYouMean(text, SSL_MODES) ?? 'write sslmode=verify-full',
  });
}

/**
 * What to try, one after another: `prefer` goes on without TLS when the server has none. Reads certificates.
 * @throws UsageError `bad_certificate` when a file cannot be read.
 */
export function tlsAttempts(settings: TlsSettings): readonly (false | ConnectionOptions)[] {
  const { mode } = settings;
  if (mode === 'disable') return [false];
  const secured = tlsOptions(settings);
  if (mode === 'prefer') return [secured, false];
  return mode === 'allow' ? [false, secured] : [secured];
}

function tlsOptions(settings: TlsSettings): ConnectionOptions {
  const { mode, cert, key, passphrase } = settings;
  const ca = rootCertificates(settings);
  const isVerified = mode === 'verify-full' || mode === 'verify-ca' || (mode === 'require' && ca !== undefined);
  return {
    rejectUnauthorized: isVerified,
    ...(isVerified && mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...(isVerified && ca !== undefined && { ca }),
    ...(cert !== undefined && { cert: read(cert) }),
    ...(key !== undefined && { key: read(key) }),
    ...(passphrase !== undefined && { passphrase }),
  };
}

/** Undefined stands for the authorities that Node trusts. */
function rootCertificates({ rootCert, home }: TlsSettings): string | undefined {
  if (rootCert === 'system') return undefined;
  if (rootCert !== undefined) return read(rootCert);
  const usual = home === undefined ? undefined : join(home, '.postgresql', 'root.crt');
  return usual !== undefined && existsSync(usual) ? read(usual) : undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(
      `the certificate file ${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      {
        code: 'bad_certificate',
        hint: 'name a readable PEM file with sslrootcert, sslcert or sslkey',
        cause,
      },
    );
  }
}
