// Unification: makes two types equal by binding unknowns, the heart of type inference for generic calls,
// initializers and conditional expressions.
//
// How: a stack of constraints "destination = source" (or "source converts implicitly to destination") is worked off,
// last in first out; each either binds an unknown, splits into constraints on the parts, or fails with a reason. `int`
// is treated as an unknown of its own on both sides, because an integer without width takes the width of its context.
// The caller afterwards converts the expressions (see check/convert.ts).
//
// Why last in first out: it decides which argument of f<T>(T a, T b) fixes T, and must be as p4c does it, where
// explicit type arguments come first and then the arguments from right to left.

import {
  containsInteger,
  fieldNamed,
  hasTypeVariables,
  integerType,
  isStructure,
  type Parameter,
  printType,
  type StructureType,
  type Substitution,
  substitute,
  type Type,
  type TypeVariable,
  typeContains,
  typeEquals,
} from '../types.ts';

interface Constraint {
  readonly destination: Type;
  readonly source: Type;
  /** Whether an implicit conversion will do (a serializable enum where its underlying type is expected). */
  readonly castAllowed: boolean;
}

/** What is known of nothing. */
const NOTHING: Substitution = new Map();

/** One inference problem. Not reusable after `solve` failed. */
export class Unifier {
  // Made when they are needed: most calls are of functions that are not generic, with arguments of just their types.
  private bindings: Map<TypeVariable, Type> | undefined;
  private unknowns: Set<TypeVariable> | undefined;
  private integers: Set<TypeVariable> | undefined;
  private readonly adoptedUnknowns: TypeVariable[] = [];
  private readonly stack: Constraint[] = [];

  /** Makes a new unknown, printed as `name`. */
  fresh(name: string): TypeVariable {
    const variable: TypeVariable = { kind: 'type-variable', name, declaration: undefined };
    this.unknowns ??= new Set();
    this.unknowns.add(variable);
    return variable;
  }

  /** Replaces type parameters of a generic declaration by new unknowns; the substitution that does it. */
  freshFor(parameters: readonly TypeVariable[]): Substitution {
    if (parameters.length === 0) return NOTHING;
    return new Map(parameters.map((parameter) => [parameter, this.fresh(parameter.name)]));
  }

  /** Adds a constraint; `int` inside becomes an unknown of its own. */
  add(destination: Type, source: Type, castAllowed = false): void {
    if (destination === source && !containsInteger(source)) return;
    this.stack.push({
      destination: this.openIntegers(destination),
      source: this.openIntegers(source),
      castAllowed,
    });
  }

  /** Works all constraints off. Returns why it is impossible, or undefined when it succeeded. */
  solve(): string | undefined {
    for (let next = this.stack.pop(); next !== undefined; next = this.stack.pop()) {
      const failure = this.step(next);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** The type with everything known put in; `int` where no width was found. Unknowns without a binding stay. */
  resolve(type: Type): Type {
    return this.closeIntegers(substitute(type, this.bindings ?? NOTHING));
  }

  /** What an unknown was bound to; undefined when nothing determined it. */
  bindingOf(variable: TypeVariable): Type | undefined {
    const resolved = this.resolve(variable);
    return resolved === variable ? undefined : resolved;
  }

  private openIntegers(type: Type): Type {
    if (!containsInteger(type)) return type;
    switch (type.kind) {
      case 'integer': {
        const variable = this.fresh('int');
        this.integers ??= new Set();
        this.integers.add(variable);
        return variable;
      }
      case 'stack':
      case 'list':
      case 'set':
        return { ...type, element: this.openIntegers(type.element) };
      case 'tuple':
      case 'list-expression':
        return { ...type, components: type.components.map((component) => this.openIntegers(component)) };
      case 'struct-expression':
        return { ...type, fields: type.fields.map((field) => ({ ...field, type: this.openIntegers(field.type) })) };
      default:
        return type;
    }
  }

  private closeIntegers(type: Type): Type {
    if (this.integers === undefined) return type;
    const open = new Map<TypeVariable, Type>();
    for (const variable of this.integers) open.set(variable, integerType);
    return substitute(type, open);
  }

  /**
   * Type arguments of a generic parser or control that its own construction could not infer (`m(p1())`): they become
   * unknowns of this inference. What they turn out to be is in `adopted`.
   */
  private adopt(typeArguments: readonly Type[]): void {
    for (const argument of typeArguments) {
      if (argument.kind !== 'type-variable' || argument.declaration !== undefined || this.isUnknown(argument)) continue;
      this.unknowns ??= new Set();
      this.unknowns.add(argument);
      this.adoptedUnknowns.push(argument);
    }
  }

  /** Bindings found for unknowns of earlier inferences. */
  adopted(): ReadonlyMap<TypeVariable, Type> {
    const result = new Map<TypeVariable, Type>();
    for (const unknown of this.adoptedUnknowns) {
      const bound = this.bindingOf(unknown);
      if (bound !== undefined) result.set(unknown, bound);
    }
    return result;
  }

  private isUnknown(variable: TypeVariable): boolean {
    return this.unknowns?.has(variable) === true;
  }

  private isInteger(variable: TypeVariable): boolean {
    return this.integers?.has(variable) === true;
  }

  private follow(type: Type): Type {
    let current = type;
    while (current.kind === 'type-variable') {
      const bound = this.bindings?.get(current);
      if (bound === undefined) return current;
      current = bound;
    }
    return current;
  }

  private step(constraint: Constraint): string | undefined {
    const destination = this.follow(constraint.destination);
    const source = this.follow(constraint.source);
    if (destination === source) return undefined;
    if (destination.kind === 'type-variable' && this.isUnknown(destination) && source.kind !== 'any') {
      return this.bind(destination, source);
    }
    if (source.kind === 'type-variable' && this.isUnknown(source)) return this.bind(source, destination);
    return this.unify(destination, source, constraint.castAllowed);
  }

  private bind(variable: TypeVariable, type: Type): string | undefined {
    if (type.kind === 'dontcare') return undefined;
    let bound = substitute(type, this.bindings ?? NOTHING);
    if (this.isInteger(variable)) {
      while (bound.kind === 'newtype') bound = bound.underlying;
      if (bound.kind === 'serializable-enum') bound = bound.underlying;
      const fits =
        bound.kind === 'bits' ||
        bound.kind === 'any' ||
        bound.kind === 'erroneous' ||
        bound.kind === 'integer' ||
        (bound.kind === 'type-variable' && this.isUnknown(bound));
      if (!fits) return `an integer cannot become ${printType(bound)}`;
      if (bound.kind === 'type-variable' && !this.isInteger(bound)) return this.bind(bound, variable);
    }
    if (bound === variable) return undefined;
    if (hasTypeVariables(bound) && typeContains(bound, (inner) => inner === variable)) {
      return `${variable.name} cannot be replaced by ${printType(bound)}, which contains it`;
    }
    this.bindings ??= new Map();
    this.bindings.set(variable, bound);
    return undefined;
  }

  private push(destination: Type, source: Type, castAllowed = false): void {
    this.stack.push({ destination, source, castAllowed });
  }

  private pushAll(destinations: readonly Type[], sources: readonly Type[]): string | undefined {
    if (destinations.length !== sources.length) return 'different numbers of type arguments';
    for (let i = 0; i < destinations.length; i++) this.push(destinations[i]!, sources[i]!);
    return undefined;
  }

  private unify(destination: Type, source: Type, castAllowed: boolean): string | undefined {
    if (typeEquals(destination, source)) return undefined;
    if (destination.kind === 'dontcare' || source.kind === 'dontcare') return undefined;
    if (source.kind === 'any') return source.of === 'dots' ? undefined : this.mismatch(destination, source);
    if (destination.kind === 'any') return destination.of === 'dots' ? undefined : this.mismatch(destination, source);
    switch (destination.kind) {
      case 'parser':
      case 'control':
        if (source.kind !== destination.kind) return this.mismatch(destination, source);
        this.adopt(source.typeArguments);
        return this.unifyParameters(destination.parameters, source.parameters, destination.kind);
      case 'package':
        if (source.kind !== 'package' || source.declaration !== destination.declaration) {
          return this.mismatch(destination, source);
        }
        return this.unifyParameters(destination.parameters, source.parameters, 'package');
      case 'tuple':
      case 'list-expression':
        if (source.kind !== 'tuple' && source.kind !== 'list-expression') return this.mismatch(destination, source);
        return this.unifyList(destination.components, source.components, 'the tuple', castAllowed);
      case 'struct':
      case 'header':
        return this.unifyStructure(destination, source, castAllowed);
      case 'bits':
        if (castAllowed && source.kind === 'serializable-enum')
          return this.unify(destination, source.underlying, false);
        return this.mismatch(destination, source);
      case 'header_union':
        if (source.kind !== 'header_union' || source.declaration !== destination.declaration) {
          return this.mismatch(destination, source);
        }
        return this.pushAll(destination.typeArguments, source.typeArguments);
      case 'extern':
        if (source.kind !== 'extern' || source.declaration !== destination.declaration) {
          return this.mismatch(destination, source);
        }
        return this.pushAll(destination.typeArguments, source.typeArguments);
      case 'stack':
        if (source.kind === 'stack') {
          if (source.size !== destination.size) {
            return `the stacks have different sizes, ${destination.size} and ${source.size}`;
          }
          this.push(destination.element, source.element);
          return undefined;
        }
        if (source.kind === 'list-expression') {
          const { element, size } = destination;
          return this.unifyComponents(() => element, size, source.components, 'the stack', castAllowed);
        }
        return this.mismatch(destination, source);
      case 'list':
        if (source.kind !== 'list') return this.mismatch(destination, source);
        this.push(destination.element, source.element);
        return undefined;
      default:
        return this.mismatch(destination, source);
    }
  }

  private mismatch(destination: Type, source: Type): string {
    return `${printType(this.resolve(source))} is not ${printType(this.resolve(destination))}`;
  }

  private unifyList(
    destinations: readonly Type[],
    sources: readonly Type[],
    what: string,
    castAllowed: boolean,
  ): string | undefined {
    return this.unifyComponents((i) => destinations[i]!, destinations.length, sources, what, castAllowed);
  }

  /** `size` destinations, by position: a stack may have millions, of which few are given. */
  private unifyComponents(
    destinationAt: (position: number) => Type,
    size: number,
    sources: readonly Type[],
    what: string,
    castAllowed: boolean,
  ): string | undefined {
    const dots = endsWithDots(sources);
    const given = dots ? sources.length - 1 : sources.length;
    if (dots ? given > size : given !== size) return `${what} needs ${size} elements, but ${given} are given`;
    for (let i = 0; i < given; i++) this.push(destinationAt(i), sources[i]!, castAllowed);
    return undefined;
  }

  private unifyStructure(destination: StructureType, source: Type, castAllowed: boolean): string | undefined {
    if (source.kind === 'list-expression') {
      const types = destination.fields.map((field) => field.type);
      return this.unifyList(types, source.components, printType(destination), castAllowed);
    }
    if (source.kind === 'struct-expression') {
      if (!source.dots && source.fields.length !== destination.fields.length) {
        return `${printType(destination)} has ${destination.fields.length} fields, but ${source.fields.length} are given`;
      }
      const given = new Map(source.fields.map((field) => [field.name, field.type]));
      for (const field of destination.fields) {
        const type = given.get(field.name);
        if (type !== undefined) this.push(field.type, type, castAllowed);
        else if (!source.dots) return `field '${field.name}' of ${printType(destination)} has no initializer`;
      }
      for (const field of source.fields) {
        if (fieldNamed(destination, field.name) === undefined) {
          return `${printType(destination)} has no field '${field.name}'`;
        }
      }
      return undefined;
    }
    if (!isStructure(source) || source.declaration !== destination.declaration)
      return this.mismatch(destination, source);
    return this.pushAll(destination.typeArguments, source.typeArguments);
  }

  /**
   * Signatures of parsers, controls, packages and functions: same directions, types unified; optional ones may lack.
   */
  unifyParameters(destinations: readonly Parameter[], sources: readonly Parameter[], what: string): string | undefined {
    const count = Math.max(destinations.length, sources.length);
    for (let i = 0; i < count; i++) {
      const destination = destinations[i];
      const source = sources[i];
      if (destination === undefined || source === undefined) {
        const lone = (destination ?? source)!;
        if (lone.optional || lone.defaultValue !== undefined) continue;
        return `a ${what} with ${destinations.length} parameters is expected, this one has ${sources.length}`;
      }
      if (destination.direction !== source.direction) {
        return `parameter '${source.name}' has direction '${source.direction}', '${destination.direction}' is expected`;
      }
      this.push(this.openIntegers(destination.type), this.openIntegers(source.type));
    }
    return undefined;
  }
}

/** Whether a list expression's type ends with `...`. */
export function endsWithDots(components: readonly Type[]): boolean {
  const last = components.at(-1);
  return last?.kind === 'any' && last.of === 'dots';
}
