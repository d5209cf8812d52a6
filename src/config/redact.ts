const secretName =
  'pass(?:word|wd)?|pwd|secret|token|api[_-]?key|app[_-]?key|access[_-]?key|service[_-]?account|signature';

/** `scheme://user:secret@`, up to the last `@` of the address. Digits before a slash are a port, not a secret. */
const urlPassword = /([a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*):(?!\d+(?:[/?#\s]|$))(?:[^\s?#]*@|\S*@)/gi;
/** A place to fill in, as in `export PGPASSWORD=…`. */
const placeholder = `(?:…|\\.{3})(?=[\\s&'"]|$)|'(?:…|\\.{3})'|"(?:…|\\.{3})"`;
/** `?password=secret`, `DD_API_KEY=secret`, `password='a secret'`. */
const namedValue = new RegExp(
  `\\b([\\w-]*(?:${secretName})[\\w-]*\\s*=\\s*)(?!${placeholder})('[^']*'|"[^"]*"|[^\\s&'"]+)`,
  'gi',
);

/** Variables in which a shell keeps the current folder and the one before. */
const folderVariables: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);

/** Shorter values of the environment are words like `postgres`, not secrets worth mangling messages for. */
const shortestSecret = 8;

/**
 * Takes secrets out of a text that people will read: passwords in URLs, values of parameters and variables with
 * telling names, and every one of `secrets`.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  const withoutKnown = secrets
    .filter((secret) => secret.length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return withoutKnown.replace(urlPassword, '$1:***@').replace(namedValue, '$1***');
}

/** The values of environment variables whose names say that they are secret. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value && hasSecretName(name) && !folderVariables.has(name) ? [value] : [],
  );
}

/** Whether a variable or option of this name holds a secret. */
export function hasSecretName(name: string): boolean {
  return new RegExp(secretName, 'i').test(name);
}
