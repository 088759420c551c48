/**
 * Random expressions of a wanted type over the variables in scope.
 *
 * The type is chosen first and the operator after it, so that every expression is correct by construction; depth bounds the size. Left
 * out is what the specification leaves undefined or compilers may refuse: division, shifts by negative amounts, and casts that
 * change sign and width at once.
 */
import type { Random } from './random.ts';
import { BOOL, bits, type Callable, print, same, type Type, type Variable } from './vocabulary.ts';

/** See the file's comment. */
export class Expressions {
  /** Functions that expressions may call. */
  readonly functions: Callable[] = [];
  private readonly random: Random;
  private counter = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** A name that was not used before. */
  fresh(prefix: string): string {
    this.counter += 1;
    return `${prefix}${this.counter}`;
  }

  /** Any type. */
  type(): Type {
    return this.random.pick([
      bits(8),
      bits(8),
      bits(16),
      bits(32),
      bits(4),
      bits(1),
      bits(48),
      bits(8, true),
      bits(16, true),
      BOOL,
    ]);
  }

  /** A constant of the type, at its limits more often than chance would have it. */
  constant(type: Type): string {
    if (type.kind === 'bool') return this.random.chance(0.5) ? 'true' : 'false';
    const limit = 2 ** Math.min(type.width - (type.signed ? 1 : 0), 30);
    const value = this.random.chance(0.3) ? this.random.pick([0, 1, limit - 1]) : this.random.below(limit);
    return `${type.width}${type.signed ? 's' : 'w'}${value}`;
  }

  /** An expression of the type over the variables. `pure`: without calls. */
  expression(type: Type, scope: readonly Variable[], depth: number, pure = false): string {
    const { random } = this;
    const leaf = (): string => {
      const fitting = scope.filter((variable) => same(variable.type, type));
      if (fitting.length > 0 && random.chance(0.75)) return random.pick(fitting).text;
      return this.constant(type);
    };
    if (depth <= 0 || random.chance(0.15)) return leaf();
    const inner = (of: Type): string => this.expression(of, scope, depth - 1, pure);
    if (!pure && random.chance(0.08)) {
      const fitting = this.functions.filter((each) => each.result !== undefined && same(each.result, type));
      const call = fitting.length > 0 ? this.call(random.pick(fitting), scope, depth - 1) : undefined;
      if (call !== undefined) return call;
    }
    if (random.chance(0.1)) return `(${inner(BOOL)} ? ${inner(type)} : ${inner(type)})`;
    if (type.kind === 'bool') {
      switch (random.below(5)) {
        case 0:
          return `(${inner(BOOL)} ${random.pick(['&&', '||', '==', '!='])} ${inner(BOOL)})`;
        case 1:
          return `(!${inner(BOOL)})`;
        default: {
          const of = random.pick([bits(8), bits(16), bits(4), bits(8, true), bits(16, true), bits(32)]);
          return `(${inner(of)} ${random.pick(['==', '!=', '<', '<=', '>', '>='])} ${inner(of)})`;
        }
      }
    }
    const { width, signed } = type;
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
        return `(${inner(type)} ${random.pick(['+', '-', '*', '&', '|', '^'])} ${inner(type)})`;
      case 3:
        return `(${inner(type)} ${random.pick(['|+|', '|-|'])} ${inner(type)})`;
      case 4:
        return `(${random.pick(['-', '~'])}${inner(type)})`;
      case 5:
        return `(${inner(type)} ${random.pick(['<<', '>>'])} ${random.chance(0.5) ? random.below(width + 2) : inner(bits(8))})`;
      case 6: {
        // Casts: to the same width with another sign, or to another width with the same sign.
        if (random.chance(0.5)) return `((${print(type)})${inner(bits(width, !signed))})`;
        const of = random.pick([4, 8, 16, 32].filter((each) => each !== width));
        return `((${print(type)})${inner(bits(of, signed))})`;
      }
      case 7: {
        if (signed || width >= 32) return inner(type);
        const low = random.below(32 - width + 1);
        const fitting = scope.filter((each) => same(each.type, bits(32)));
        const base = fitting.length > 0 ? random.pick(fitting).text : `(${inner(bits(32))})`;
        return `(${base}[${low + width - 1}:${low}])`;
      }
      case 8: {
        if (signed || width < 2) return inner(type);
        const left = 1 + random.below(width - 1);
        return `(${this.narrow(left, scope, depth)} ++ ${this.narrow(width - left, scope, depth)})`;
      }
      case 9:
        if (!signed && width === 1) return `((bit<1>)${inner(BOOL)})`;
        return `(${inner(type)} ${random.pick(['+', '-'])} ${this.constant(type)})`;
      default:
        return leaf();
    }
  }

  private narrow(width: number, scope: readonly Variable[], depth: number): string {
    if ([1, 4, 8, 16, 32].includes(width)) return this.expression(bits(width), scope, depth - 2, true);
    return `((bit<${width}>)${this.expression(bits(32), scope, depth - 2, true)})`;
  }

  /** A call with arguments; undefined if some `out` parameter finds no variable. */
  call(callable: Callable, scope: readonly Variable[], depth: number): string | undefined {
    const args: string[] = [];
    for (const parameter of callable.parameters) {
      if (parameter.direction === 'in') {
        args.push(this.expression(parameter.type, scope, depth - 1));
        continue;
      }
      const fitting = scope.filter((each) => each.writable && same(each.type, parameter.type));
      if (fitting.length === 0) return undefined;
      args.push(this.random.pick(fitting).text);
    }
    return `${callable.name}(${args.join(', ')})`;
  }

  /** An index into the stack. */
  index(scope: readonly Variable[]): string {
    // Always below 3: beyond a stack's end nothing is defined.
    return `((${this.expression(bits(8), scope, 1, true)} & 8w1) + 8w${this.random.below(2)})`;
  }
}
