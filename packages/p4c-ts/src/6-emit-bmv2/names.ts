/**
 * Names of the headers that the compiler adds: `scalars`, which holds all variables, and one header for each varbit
 * variable. Chosen so that they collide with no header of the program.
 */
import type { HeaderField, HeaderInstance, Program, Variable } from '../5-lower/ir.ts';
import type { JsonObject } from './json.ts';

/** Where variables are stored. */
export class Names {
  /** The metadata header of all scalar variables. */
  readonly scalars: string;
  /** Its type. */
  readonly scalarsType: string;
  private readonly taken: Set<string>;
  private readonly varbits = new Map<Variable, string>();
  /** What is written for each variable, by its id, and for each header field: one object however often it occurs. */
  private readonly paths: (string[] | undefined)[];
  private readonly variableObjects: (JsonObject | undefined)[];
  private readonly fieldObjects = new Map<HeaderInstance, JsonObject[]>();

  constructor(program: Program) {
    this.paths = new Array(program.variables.length);
    this.variableObjects = new Array(program.variables.length);
    this.taken = new Set(program.headerInstances.map((instance) => instance.name));
    this.scalars = this.unused('scalars');
    const types = new Set(program.headerInstances.map((instance) => instance.type.name));
    let typeName = 'scalars_t';
    for (let suffix = 0; types.has(typeName); suffix++) typeName = `scalars_t_${suffix}`;
    this.scalarsType = typeName;
  }

  private unused(base: string): string {
    let name = base;
    for (let suffix = 0; this.taken.has(name); suffix++) name = `${base}_${suffix}`;
    this.taken.add(name);
    return name;
  }

  /** `["header", "field"]` of a variable. */
  variable(variable: Variable): string[] {
    this.paths[variable.id] ??=
      variable.type.kind === 'varbit' ? [this.varbitHeader(variable), 'field'] : [this.scalars, variable.name];
    return this.paths[variable.id]!;
  }

  /** Whether the variable was asked for, because something that is written mentions it. */
  isMentioned(variable: Variable): boolean {
    return this.paths[variable.id] !== undefined;
  }

  /** The variable as a `field` object. */
  variableObject(variable: Variable): JsonObject {
    this.variableObjects[variable.id] ??= { type: 'field', value: this.variable(variable) };
    return this.variableObjects[variable.id]!;
  }

  /** A header's field as a `field` object. */
  fieldObject(instance: HeaderInstance, field: HeaderField): JsonObject {
    let objects = this.fieldObjects.get(instance);
    if (objects === undefined) this.fieldObjects.set(instance, (objects = []));
    objects[field.index] ??= { type: 'field', value: [instance.name, field.name] };
    return objects[field.index]!;
  }

  /** The header instance that holds a varbit variable. */
  varbitHeader(variable: Variable): string {
    let name = this.varbits.get(variable);
    if (name === undefined) this.varbits.set(variable, (name = this.unused(variable.name)));
    return name;
  }
}
