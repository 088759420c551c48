// Which storage an expression names, for the initialization analysis. The variables and parameters that the walk has
// entered are the roots of trees whose inner nodes are structures, stacks and tuples; each node is made when it is
// first asked for, and is the same object from then on.
//
// Everything else (constants, instances, results of calls) is no place: it always has a value. An element chosen at run
// time stands for its whole stack, marked as not exact, because nothing can be said of single elements then. The
// scalars inside a place are a range of numbers (see layouts.ts).

import type * as ast from '../../../2-parse/ast.ts';
import type { Checker } from '../../check/checker.ts';
import { isStructure, type Type } from '../../types.ts';
import type { Range } from './bit-sets.ts';
import { isScalar, type Layouts, MOST_PARTS, partCount, partType } from './layouts.ts';

/** Storage that an expression names. */
export class Place {
  /** Name of the field; empty for variables and elements. */
  readonly name: string;
  readonly type: Type;
  /** The innermost header around the place, if it is inside one. */
  readonly header: Place | undefined;
  /** The stack, where this is an element of it that is chosen at run time. */
  readonly stack: Place | undefined;
  /**
   * The scalars inside, of an element chosen at run time those of the whole stack: number of the first one, and how
   * many follow each other.
   */
  readonly scalars: Range;
  /** Number among the headers; -1 for what is none. */
  readonly number: number;
  private readonly places: Places;
  /** Fields and elements asked for so far, by position; none for most places. */
  private parts: Map<number, Place> | undefined;
  private chosenPart: Place | undefined;
  private listedHeaders: readonly Place[] | undefined;

  constructor(places: Places, name: string, type: Type, around: Surroundings, scalars: Range) {
    this.places = places;
    this.name = name;
    this.type = type;
    this.header = around.header;
    this.stack = around.stack;
    this.scalars = scalars;
    this.number = type.kind === 'header' && around.stack === undefined ? places.numberHeader() : -1;
  }

  /** False where an element is chosen at run time: then this stands for the whole stack. */
  get exact(): boolean {
    return this.stack === undefined;
  }

  /** The field or element at that position. */
  part(position: number, name: string, type: Type): Place {
    this.parts ??= new Map();
    let part = this.parts.get(position);
    if (part === undefined) {
      const header = this.type.kind === 'header' ? this : this.header;
      part = new Place(this.places, name, type, { header }, this.scalarsAt(position, type));
      this.parts.set(position, part);
    }
    return part;
  }

  /** The scalars of a part; none where they are not followed. */
  private scalarsAt(position: number, type: Type): Range {
    const { layouts } = this.places;
    const { first, count } = this.scalars;
    const start = layouts.of(this.type).starts[position] ?? count;
    return { first: first + start, count: Math.min(count - start, layouts.of(type).scalars) };
  }

  /** Some element of this stack. */
  chosen(): Place {
    if (!this.exact) return this;
    this.chosenPart ??= new Place(this.places, '', this.type, { stack: this }, this.scalars);
    return this.chosenPart;
  }

  /** The headers inside; of an element chosen at run time, of the whole stack. */
  get headers(): readonly Place[] {
    if (this.header !== undefined) return NO_HEADERS;
    this.listedHeaders ??= this.stack?.headers ?? listHeaders(this);
    return this.listedHeaders;
  }
}

/** What is around a place: see there. */
interface Surroundings {
  readonly header?: Place | undefined;
  readonly stack?: Place | undefined;
}

const NO_HEADERS: readonly Place[] = [];

function listHeaders(place: Place): readonly Place[] {
  if (isScalar(place.type)) return NO_HEADERS;
  const headers: Place[] = [];
  collectHeaders(place, headers);
  return headers;
}

function collectHeaders(place: Place, headers: Place[]): void {
  const { type } = place;
  if (headers.length >= MOST_PARTS) return;
  if (type.kind === 'header') headers.push(place);
  else {
    for (let at = 0; at < partCount(type); at++) {
      const inner = partType(type, at);
      if (isScalar(inner)) continue;
      collectHeaders(place.part(at, isStructure(type) ? type.fields[at]!.name : '', inner), headers);
    }
  }
}

/** Whether the expression names a variable, or a field of one, without any index. */
export function isPlainPath(node: ast.Expression): boolean {
  let part = node;
  while (part.kind === 'MemberExpression') part = part.target;
  return part.kind === 'PathExpression';
}

/** Places of one walk over one block. */
export class Places {
  private readonly c: Checker;
  readonly layouts: Layouts;
  private readonly roots = new Map<ast.Node, Place>();
  private scalars = 0;
  private headers = 0;

  constructor(c: Checker, layouts: Layouts) {
    this.c = c;
    this.layouts = layouts;
  }

  /** A number for one more header. */
  numberHeader(): number {
    this.headers += 1;
    return this.headers - 1;
  }

  /** The place of a variable or parameter, which is followed from here on; undefined if it has no type. */
  enter(node: ast.VariableDeclaration | ast.Parameter): Place | undefined {
    const known = this.roots.get(node);
    const type = this.c.tables.declarationTypes.get(node);
    if (known !== undefined || type === undefined) return known;
    const { scalars: count } = this.layouts.of(type);
    const root = new Place(this, '', type, {}, { first: this.scalars, count });
    this.scalars += count;
    this.roots.set(node, root);
    return root;
  }

  /** Type of an expression as the checker found it. */
  typeOf(node: ast.Expression): Type | undefined {
    return this.c.tables.types.get(node);
  }

  /** The place an expression names; undefined where it names none that is followed. */
  at(node: ast.Expression): Place | undefined {
    switch (node.kind) {
      case 'PathExpression': {
        const named = this.c.names.paths.get(node);
        if (named?.kind !== 'VariableDeclaration' && named?.kind !== 'Parameter') return undefined;
        return this.roots.get(named);
      }
      case 'MemberExpression': {
        const target = this.at(node.target);
        const type = this.typeOf(node);
        if (target === undefined || type === undefined) return undefined;
        const member = this.c.tables.members.get(node);
        if (member?.kind === 'stack-property') {
          return member.property === 'next' || member.property === 'last' ? target.chosen() : undefined;
        }
        if (member?.kind !== 'field') return undefined;
        return target.exact ? target.part(member.index, node.member.name, type) : target;
      }
      case 'IndexExpression': {
        const target = this.at(node.target);
        const type = this.typeOf(node);
        if (target === undefined || type === undefined || !target.exact) return target;
        const index = this.c.integerValue(node.index);
        return index === undefined ? target.chosen() : target.part(Number(index), '', type);
      }
      case 'SliceExpression':
      case 'PlusSliceExpression':
        return this.at(node.target);
      default:
        return undefined;
    }
  }

  /** The headers inside a parameter. */
  headersOf(parameter: ast.Parameter): readonly Place[] {
    return this.roots.get(parameter)?.headers ?? [];
  }
}
