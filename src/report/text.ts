/** `1234567` as `1,234,567`. */
export function thousands(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 event`, `1,000 events`. */
export function counted(count: number, noun: string): string {
  return `${thousands(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Bytes in the largest unit that keeps the number above one: `18.4 MB`. */
export function bytes(count: number): string {
  if (count < 999.5) return `${Math.round(count)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'] as const;
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 99.95 ? 1 : 0)} ${units[unit]}`;
}

/** A duration as people say it: `0.8 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${twoDigits(Math.floor((seconds % 3600) / 60))} min`;
}

/** A long time in days: `3 d 23 h`; a shorter one as `duration` says it. */
export function period(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  return hours < 48 ? duration(milliseconds) : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function twoDigits(value: number): string {
  return value.toString().padStart(2, '0');
}

/** Cuts a text to `width` columns and marks the cut. */
export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Breaks a text at spaces into lines of at most `width`; a word longer than that stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** `part` of `whole` in percent: `51 %`, `0.2 %`, `< 0.1 %`. */
export function percent(part: number, whole: number): string {
  const value = whole === 0 ? 0 : (100 * part) / whole;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  return `${value < 10 && value > 0 ? value.toFixed(1) : Math.round(value)} %`;
}

/** Puts `lead` before a text and wraps it below itself. */
export function hang(lead: string, text: string, width: number): string[] {
  const [first = '', ...rest] = text.split('\n').flatMap((line) => wrap(line, width - lead.length));
  return [lead + first, ...rest.map((line) => ' '.repeat(lead.length) + line)];
}
