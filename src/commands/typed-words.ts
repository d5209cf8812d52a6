import { redact } from '../config/redact.js';
import type { NextCommand } from '../report/report.js';

/** Stands for what was taken out of a command, so that nobody takes it for the real thing. */
const PLACEHOLDER = '<secret>';

/** A command to copy, each word as a shell takes it, without secrets. @param secrets texts that are secret, wherever they stand. */
export function commandOf(words: readonly string[], why: string, secrets: readonly string[]): NextCommand {
  const command = ['respool', ...words.map((word) => quote(word, secrets))].join(' ');
  return { command, why: command.includes(PLACEHOLDER) ? `${why}; put in what ${PLACEHOLDER} stands for` : why };
}

/** Those of the typed flags that are wanted, with their values. @param switches those that have no value. */
export function typedFlags(
  argv: readonly string[],
  wanted: ReadonlySet<string>,
  switches: ReadonlySet<string> = new Set(),
): string[] {
  const kept: string[] = [];
  for (let at = 0; at < argv.length && argv[at] !== '--'; at++) {
    const word = argv[at] ?? '';
    const [flag = ''] = word.split('=', 1);
    if (!wanted.has(flag)) continue;
    kept.push(word);
    if (flag === word && !switches.has(flag)) kept.push(argv[++at] ?? '');
  }
  return kept;
}

function quote(word: string, secrets: readonly string[]): string {
  const shown = redact(word, secrets).replaceAll('***', PLACEHOLDER);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
