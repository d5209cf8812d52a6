import { didYouMean } from '../did-you-mean.js';

/** A compiled expression: throws on values that it cannot be evaluated on. */
export type CelProgram = (context: Record<string, unknown>) => unknown;

/** What the type checker refuses and the evaluation would take: branches of two types. */
const TAKEN_ALL_THE_SAME = /must have the same type/u;

/**
 * Opens a compiler of CEL expressions that may look at these variables, whatever their values are.
 * @returns a function that throws an Error with one line when an expression cannot be parsed, or could be evaluated on no
 *   event: a variable or function that there is not. It would hold for no event, and nobody would be told.
 */
export async function openCel(variables: readonly string[]): Promise<(text: string) => CelProgram> {
  const { Environment } = await import('@marcbachmann/cel-js');
  const environment = new Environment({ unlistedVariablesAreDyn: false, homogeneousAggregateLiterals: false });
  for (const variable of variables) environment.registerVariable(variable, 'dyn');
  return (text) => {
    const program = environment.parse(text);
    const { error } = program.check();
    const problem = error?.message.split('\n')[0] ?? '';
    if (problem !== '' && !TAKEN_ALL_THE_SAME.test(problem)) throw new Error(inWords(problem, variables));
    return (context) => program(context);
  };
}

function inWords(problem: string, variables: readonly string[]): string {
  const unknown = /^Unknown variable: (\S+)/u.exec(problem)?.[1];
  if (unknown === undefined) return problem.replace(/^found no matching overload for/u, 'there is no');
  const known = `it may look at ${variables.slice(0, -1).join(', ')} and ${variables.at(-1)}, and at no clock`;
  return `there is no ${JSON.stringify(unknown)}; ${didYouMean(unknown, variables) ?? known}`;
}
