/**
 * Numbers and sections that are filled while instructions are written: calculations, learn lists and field lists come
 * into being with the primitive that uses them.
 */
import type * as ir from '../5-lower/ir.ts';
import type { Reporter } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import { fieldListItem } from './expressions.ts';
import type { JsonObject, Positions } from './json.ts';
import type { Names } from './names.ts';

/** See the top of the file. */
export class Objects {
  readonly names: Names;
  readonly positions: Positions;
  readonly reporter: Reporter;
  readonly calculations: JsonObject[] = [];
  readonly learnLists: JsonObject[] = [];
  readonly fieldLists: JsonObject[] = [];
  private readonly fieldListIds = new Map<number, number>();
  private emptyFieldList: number | undefined;
  private readonly learnListNames = new Map<string, number>();

  constructor(program: ir.Program, names: Names, positions: Positions, reporter: Reporter) {
    this.names = names;
    this.positions = positions;
    this.reporter = reporter;
    const numbers = new Set<number>();
    for (const variable of program.variables) for (const number of variable.fieldLists) numbers.add(number);
    for (const number of numbers) {
      const elements = program.variables
        .filter((variable) => variable.fieldLists.includes(number) && variable.type.kind !== 'varbit')
        .map((variable): JsonObject => ({ type: 'field', value: names.variable(variable) }));
      const id = this.addFieldList(`field_list${number}`, elements);
      this.fieldListIds.set(number, id);
    }
  }

  private addFieldList(name: string, elements: JsonObject[]): number {
    // Numbers start at 1: BMv2 takes 0 as "none".
    const id = this.fieldLists.length + 1;
    this.fieldLists.push({ id, name, elements });
    return id;
  }

  /** Number of the field list `@field_list(number)`; of an empty one for undefined or an unknown number. */
  fieldList(number: number | undefined, span: Span | undefined): number {
    const known = number === undefined ? undefined : this.fieldListIds.get(number);
    if (known !== undefined) return known;
    if (number !== undefined) {
      this.reporter.warn('invalid', span, `no user metadata fields tagged with @field_list(${number})`);
    }
    this.emptyFieldList ??= this.addFieldList('empty', []);
    return this.emptyFieldList;
  }

  /** Adds a calculation and returns its name. */
  calculation(
    algorithm: string,
    items: readonly ir.FieldListItem[],
    withPayload: boolean,
    span: Span | undefined,
  ): string {
    const id = this.calculations.length;
    const name = id === 0 ? 'calc' : `calc_${id - 1}`;
    const input: JsonObject[] = items.map((item) => fieldListItem(item, this.names));
    if (withPayload) input.push({ type: 'payload', value: null });
    this.calculations.push({ name, id, ...this.positions.info(span), algo: algorithm, input });
    return name;
  }

  /** Adds the list of a digest and returns its number. */
  learnList(name: string, items: readonly ir.Expression[]): number {
    const id = this.learnLists.length + 1;
    const used = this.learnListNames.get(name) ?? 0;
    this.learnListNames.set(name, used + 1);
    this.learnLists.push({
      id,
      name,
      elements: items.map((expression) => fieldListItem({ kind: 'expression', expression }, this.names)),
    });
    return id;
  }
}
