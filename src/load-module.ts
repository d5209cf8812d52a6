/** Loads one of our own modules by its URL. The build makes this a `require`, as it does with every `import` of a module of ours. */
export async function loadModule(url: string): Promise<unknown> {
  return import(url);
}
