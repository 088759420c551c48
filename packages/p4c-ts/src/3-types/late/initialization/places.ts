// Which storage an expression names, for the initialization analysis. The variables and parameters that the walk has entered are the roots of
// trees whose inner nodes are structures, stacks and tuples; each node is made when it is first asked for, and is the same object from then on.
//
// Everything else (constants, instances, results of calls) is no place: it always has a value. An element chosen at run time stands for its
// whole stack, marked as not exact, because nothing can be said of single elements then. What is inside a place is listed once
// and remembered: headers with many fields are read again and again.

import type * as ast from '../../../2-parse/ast.ts';
import type { Checker } from '../../check/checker.ts';
import { isStructure, type Type } from '../../types.ts';

/** Stacks above this size are not followed element by element. */
const GREATEST_STACK = 64;

/** Of larger values only so many parts are followed; the others count as written. */
const MOST_PARTS = 10_000;

/** Numbers of the scalars inside a place, itself included. */
interface Scalars {
  readonly all: readonly number[];
  /** Those that are in no header of the place. */
  readonly outsideHeaders: readonly number[];
}

/** How many scalars and headers have got a number so far. */
interface Counts {
  scalars: number;
  headers: number;
}

/** Storage that an expression names. */
export class Place {
  /** Name of the field; empty for variables and elements. */
  readonly name: string;
  readonly type: Type;
  /** The innermost header around the place, if it is inside one. */
  readonly header: Place | undefined;
  /** The stack, where this is an element of it that is chosen at run time. */
  readonly stack: Place | undefined;
  /** Number among the headers, or among the scalars; -1 for what is neither. */
  readonly number: number;
  private readonly counts: Counts;
  /** Fields and elements asked for so far, by position; none for most places. */
  private parts: Map<number, Place> | undefined;
  private chosenPart: Place | undefined;
  private listedScalars: Scalars | undefined;
  private listedHeaders: readonly Place[] | undefined;

  constructor(name: string, type: Type, header: Place | undefined, stack: Place | undefined, counts: Counts) {
    this.name = name;
    this.type = type;
    this.header = header;
    this.stack = stack;
    this.counts = counts;
    this.number = -1;
    if (stack === undefined) {
      if (type.kind === 'header') this.number = counts.headers++;
      else if (isScalar(type)) this.number = counts.scalars++;
    }
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
      part = new Place(name, type, header, undefined, this.counts);
      this.parts.set(position, part);
    }
    return part;
  }

  /** Some element of this stack. */
  chosen(): Place {
    if (!this.exact) return this;
    this.chosenPart ??= new Place('', this.type, undefined, this, this.counts);
    return this.chosenPart;
  }

  /** The scalars inside; of an element chosen at run time, of the whole stack. */
  get scalars(): Scalars {
    this.listedScalars ??= this.stack?.scalars ?? listScalars(this);
    return this.listedScalars;
  }

  /** The headers inside; of an element chosen at run time, of the whole stack. */
  get headers(): readonly Place[] {
    if (this.header !== undefined) return NO_HEADERS;
    this.listedHeaders ??= this.stack?.headers ?? listHeaders(this);
    return this.listedHeaders;
  }
}

const NO_HEADERS: readonly Place[] = [];

function isScalar(type: Type): boolean {
  return type.kind !== 'stack' && type.kind !== 'tuple' && !isStructure(type);
}

function listScalars(place: Place): Scalars {
  const all: number[] = [];
  const outsideHeaders: number[] = [];
  collectScalars(place, all, outsideHeaders, false);
  return { all, outsideHeaders };
}

function collectScalars(place: Place, all: number[], outsideHeaders: number[], isInHeader: boolean): void {
  const { type } = place;
  if (all.length >= MOST_PARTS) return;
  // Writing one member of a union takes the value of the others away: their scalars are not followed.
  if (type.kind === 'header_union') return;
  if (isScalar(type)) {
    all.push(place.number);
    if (!isInHeader) outsideHeaders.push(place.number);
    return;
  }
  const isInside = isInHeader || type.kind === 'header';
  for (let at = 0; at < partCount(type); at++) collectScalars(partAt(place, at), all, outsideHeaders, isInside);
}

function listHeaders(place: Place): readonly Place[] {
  if (isScalar(place.type)) return NO_HEADERS;
  const headers: Place[] = [];
  collectHeaders(place, headers);
  return headers;
}

function collectHeaders(place: Place, headers: Place[]): void {
  if (headers.length >= MOST_PARTS) return;
  if (place.type.kind === 'header') headers.push(place);
  else {
    for (let at = 0; at < partCount(place.type); at++) {
      if (!isScalar(partType(place.type, at))) collectHeaders(partAt(place, at), headers);
    }
  }
}

/** Number of the parts that are followed one by one. */
function partCount(type: Type): number {
  if (type.kind === 'stack') return type.size > GREATEST_STACK ? 0 : type.size;
  if (type.kind === 'tuple') return type.components.length;
  return isStructure(type) ? type.fields.length : 0;
}

function partType(type: Type, position: number): Type {
  if (type.kind === 'stack') return type.element;
  if (type.kind === 'tuple') return type.components[position]!;
  return isStructure(type) ? type.fields[position]!.type : type;
}

function partAt(place: Place, position: number): Place {
  const { type } = place;
  return place.part(position, isStructure(type) ? type.fields[position]!.name : '', partType(type, position));
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
  private readonly roots = new Map<ast.Node, Place>();
  private readonly counts: Counts = { scalars: 0, headers: 0 };

  constructor(c: Checker) {
    this.c = c;
  }

  /** The place of a variable or parameter, which is followed from here on; undefined if it has no type. */
  enter(node: ast.VariableDeclaration | ast.Parameter): Place | undefined {
    const known = this.roots.get(node);
    const type = this.c.tables.declarationTypes.get(node);
    if (known !== undefined || type === undefined) return known;
    const root = new Place('', type, undefined, undefined, this.counts);
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
