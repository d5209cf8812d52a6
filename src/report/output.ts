import { resolve } from 'node:path';
import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import { writeWhole } from './write-whole.js';

/** One `--output`: a format, and the file it goes to; without a file it goes to standard output. */
export interface Output<Format extends string = string> {
  readonly format: Format;
  readonly path?: string;
}

/** What a rendering has to fit. */
export interface Style {
  readonly colors: boolean;
  readonly columns: number;
}

/** How one thing is shown in each format. Texts end with a line feed. */
export type Renderers<Value, Format extends string> = {
  readonly [F in Format]: (value: Value, style: Style) => string | Promise<string>;
};

/**
 * Reads the values of `--output`; none means the first of `formats`.
 * @throws UsageError for a format that is not among `formats`, and when two programs' formats want standard output.
 */
export function parseOutputs<const Format extends string>(
  values: readonly string[],
  formats: readonly [Format, ...Format[]],
): readonly Output<Format>[] {
  if (values.length === 0) return [{ format: formats[0] }];
  const outputs = values.map((value) => parseOutput(value, formats));
  const onStdout = outputs.filter(({ format, path }) => path === undefined && format !== 'table');
  if (onStdout.length > 1) {
    const words = onStdout.map(({ format }) => format);
    throw new UsageError(`--output ${words.join(' and --output ')} cannot both go to standard output`, {
      code: 'output_conflict',
      hint: `give one of them a file: --output ${words.at(-1)}:report.${words.at(-1)}`,
    });
  }
  return outputs;
}

function parseOutput<Format extends string>(value: string, formats: readonly Format[]): Output<Format> {
  const [word = '', ...rest] = value.split(':');
  const path = rest.join(':');
  const format = formats.find((candidate) => candidate === word);
  if (format === undefined) {
    const meant = closest(word, formats);
    throw new UsageError(`--output takes one of ${formats.join(', ')}, not ${JSON.stringify(word)}`, {
      code: 'unknown_output',
      hint: meant === undefined ? 'for example --output json:report.json' : `did you mean ${meant}?`,
    });
  }
  return path === '' || path === '-' ? { format } : { format, path };
}

/** Where results go: the parts of a command's io that printing needs. */
export interface OutputStreams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly cwd: string;
  readonly colors: { readonly stdout: boolean; readonly stderr: boolean };
  readonly columns: number;
}

/** A result, and how it is wanted. */
export interface Printing<Value, Format extends string> {
  readonly value: Value;
  readonly outputs: readonly Output<Format>[];
  readonly renderers: Renderers<Value, Format>;
}

/**
 * Renders a result into all its outputs. A table gives way to standard error where another format has standard output.
 * @throws CannotEvaluateError `output_unwritable`, after all other outputs have been printed.
 */
export async function printOutputs<Value, Format extends string>(
  { value, outputs, renderers }: Printing<Value, Format>,
  streams: OutputStreams,
): Promise<void> {
  const stdoutTaken = outputs.some(({ format, path }) => path === undefined && format !== 'table');
  for (const { format } of outputs.filter(({ path }) => path === undefined)) {
    const to = format === 'table' && stdoutTaken ? 'stderr' : 'stdout';
    streams[to].write(await renderers[format](value, { colors: streams.colors[to], columns: streams.columns }));
  }
  for (const { format, path } of outputs) {
    if (path === undefined) continue;
    const text = await renderers[format](value, { colors: false, columns: 120 });
    await writeWhole(resolve(streams.cwd, path), text);
  }
}
