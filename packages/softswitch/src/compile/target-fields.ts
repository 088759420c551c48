/**
 * Fields the switch itself knows by name: standard metadata, under the target's names or the program's aliases for
 * them.
 */
import type { FieldRef, Program } from '../model/types.ts';

/** Finds a field by the name the target gives it, through aliases. */
export function targetField(program: Program, header: string, name: string): FieldRef | undefined {
  const alias = program.fieldAliases.get(`${header}.${name}`);
  if (alias !== undefined) return alias;
  const index = program.headers.findIndex((each) => each.name === header);
  if (index < 0) return undefined;
  const field = program.headerTypes[program.headers[index]!.type]!.fields.findIndex((each) => each.name === name);
  return field < 0 ? undefined : { header: index, field };
}
