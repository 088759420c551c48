// Which of several declarations of one name a call means: overloads are told apart by the number of arguments and by
// argument names only, never by types (specification 6.9.2).

import type * as ast from '../../2-parse/ast.ts';

/** Whether the parameter may be left out. */
export function isOptionalParameter(parameter: ast.Parameter): boolean {
  return parameter.annotations.some((annotation) => annotation.name.name === 'optional');
}

/** Whether the arguments can be matched with the parameters: each once, the rest optional or with defaults. */
export function callMatches(parameters: readonly ast.Parameter[], args: readonly ast.Argument[]): boolean {
  if (args.length > parameters.length) return false;
  const left = new Map(parameters.map((parameter) => [parameter.name.name, parameter]));
  for (let index = 0; index < args.length; index++) {
    const name = args[index]!.name?.name ?? parameters[index]!.name.name;
    if (!left.delete(name)) return false;
  }
  for (const parameter of left.values()) {
    if (parameter.defaultValue === undefined && !isOptionalParameter(parameter)) return false;
  }
  return true;
}
