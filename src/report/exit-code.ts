const worstFirst: readonly number[] = [143, 130, 3, 2, 4, 1, 0];

/** The exit code of a command to which several apply: 130 or 143, then 3, 2, 4, 1, 0. */
export function worstExitCode(codes: readonly number[]): number {
  return worstFirst.find((code) => codes.includes(code)) ?? 0;
}
