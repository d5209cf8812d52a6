/** Orders versions from low to high: numbers by value (`1.10` is above `1.9`), a release above its pre-releases. */
export function byVersion(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  for (let i = 0; i < Math.max(left.numbers.length, right.numbers.length); i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.rest === '' || right.rest === '') return Number(left.rest === '') - Number(right.rest === '');
  return left.rest.localeCompare(right.rest, 'en', { numeric: true });
}

function parse(version: string): { readonly numbers: readonly number[]; readonly rest: string } {
  const [, digits = '', rest = ''] = /^v?(\d+(?:[._]\d+)*)?(.*)$/su.exec(version) ?? [];
  return { numbers: digits === '' ? [-1] : digits.split(/[._]/u).map(Number), rest };
}
