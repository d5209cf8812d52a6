import type { NamedPlace } from './config.js';
import type { ConfigEntry, ConfigNode } from './document.js';
import { expand } from './expand.js';
import { hasSecretName } from './redact.js';

interface PlaceContext {
  /** The key that holds the address: `to` for a sink, `from` for a source. */
  readonly address: 'to' | 'from';
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly report: (at: string, message: string) => void;
  /** Gets the values of options whose names say that they are secret. */
  readonly secrets: string[];
}

/** Reads a named sink or source: an address, or a map of an address and options, which enter its query. */
export function readPlace(entry: ConfigEntry, context: PlaceContext): NamedPlace | undefined {
  const { key, at, value } = entry;
  const { address, env, report, secrets } = context;
  if (!/^[\w-]+$/.test(key)) report(at, `${JSON.stringify(key)} must be made of letters, digits, - and _`);
  const missing: string[] = [];
  const fill = (text: string): string => {
    const expanded = expand(text, env);
    missing.push(...expanded.missing);
    return expanded.text;
  };
  if (value.kind === 'scalar') return { url: fill(value.text), at, missing };

  const entries = value.kind === 'map' ? value.entries : [];
  const target = entries.find((option) => option.key === address)?.value;
  if (target?.kind !== 'scalar') {
    report(value.at, `${key} needs "${address}: <URL>"`);
    return undefined;
  }
  const options = entries
    .filter((option) => option.key !== address)
    .flatMap((option) => flatten(option.key, option.value, report))
    .map(([name, text]) => [name, fill(text)] as const);
  secrets.push(...options.flatMap(([name, text]) => (hasSecretName(name) ? [text, encodeURIComponent(text)] : [])));
  return { url: withQuery(fill(target.text), options), at, missing };
}

/** A list repeats the key; a map puts its keys behind a dot: `column: { user: /u }` is `column.user=/u`. */
function flatten(name: string, node: ConfigNode, report: PlaceContext['report']): (readonly [string, string])[] {
  switch (node.kind) {
    case 'scalar':
      return [[name, node.text]];
    case 'list':
      return node.items.flatMap((item) => flatten(name, item, report));
    case 'map':
      return node.entries.flatMap((entry) => flatten(`${name}.${entry.key}`, entry.value, report));
    case 'empty':
      report(node.at, `${name} has no value`);
      return [];
  }
}

function withQuery(url: string, options: readonly (readonly [string, string])[]): string {
  if (options.length === 0) return url;
  const query = options.map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`).join('&');
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}
