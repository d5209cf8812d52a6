/** Where an annotation belongs. */
interface Place {
  readonly file?: string;
  readonly line?: number;
}

/**
 * A workflow command that GitHub Actions shows beside the code.
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function annotation(severity: 'warning' | 'error', title: string, message: string, place: Place = {}): string {
  const properties = [
    ...(place.file === undefined ? [] : [`file=${property(place.file)}`]),
    ...(place.line === undefined ? [] : [`line=${place.line}`]),
    `title=${property(title)}`,
  ];
  return `::${severity} ${properties.join(',')}::${data(message)}`;
}

/** A workflow command that only tells. */
export function notice(title: string, message: string): string {
  return `::notice title=${property(title)}::${data(message)}`;
}

/** As `escapeData` of https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** As `escapeProperty` of the same file. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
