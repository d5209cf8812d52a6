/** A text with its `${NAME}` and `${NAME:-otherwise}` filled in. */
export interface Expanded {
  readonly text: string;
  /** Variables that are not set. */
  readonly missing: readonly string[];
}

/** Fills in variables of the environment; `$${` stands for `${`. */
export function expand(text: string, env: Readonly<Record<string, string | undefined>>): Expanded {
  const missing: string[] = [];
  const filled = text.replace(/\$\$\{|\$\{(\w+)(?::-([^}]*))?\}/g, (whole, name?: string, otherwise?: string) => {
    if (name === undefined) return '${';
    const value = env[name] || otherwise;
    if (value === undefined) missing.push(name);
    return value ?? whole;
  });
  return { text: filled, missing };
}
