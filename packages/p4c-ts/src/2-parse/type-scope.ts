/**
 * Which names are types, while parsing. P4's grammar depends on it: `T (x) y;` is an instance if `T` is a type and an
 * error otherwise, `(T) x` a cast or a call. As p4c does, the parser declares what it has seen in nested scopes; it is
 * a rough picture (no order of phases, no signatures), only good enough to tell types from values, and it is the place
 * where p4c finds two declarations of one name in a scope.
 */
import type { Reporter } from '../diagnostics/diagnostic.ts';
import type { Identifier } from './ast.ts';

/**
 * What a name stands for: a plain type, a container (control, extern, struct: a type that is a scope too), or a value.
 */
type SymbolKind = 'type' | 'container' | 'object';

interface SymbolEntry {
  readonly kind: SymbolKind;
  readonly identifier: Identifier;
}

interface Scope {
  /** Undefined while nothing is declared: most blocks declare nothing. */
  names: Map<string, SymbolEntry> | undefined;
  readonly allowsDuplicates: boolean;
}

/** The stack of scopes. */
export class TypeScopes {
  private readonly scopes: Scope[] = [{ names: undefined, allowsDuplicates: true }];
  private readonly reporter: Reporter;

  constructor(reporter: Reporter) {
    this.reporter = reporter;
  }

  /** True if the name, looked up from here outwards, is a type. */
  isType(name: string): boolean {
    for (let i = this.scopes.length - 1; i >= 0; i -= 1) {
      const entry = this.scopes[i]!.names?.get(name);
      if (entry !== undefined) return entry.kind !== 'object';
    }
    return false;
  }

  /** True if the name is a type at the top level (`.T`). */
  isGlobalType(name: string): boolean {
    const entry = this.scopes[0]!.names?.get(name);
    return entry !== undefined && entry.kind !== 'object';
  }

  /** Every type name that can be seen from here, for suggestions. */
  visibleTypes(): string[] {
    return this.scopes.flatMap((scope) =>
      [...(scope.names ?? [])].flatMap(([name, e]) => (e.kind === 'object' ? [] : [name])),
    );
  }

  declareType(identifier: Identifier): void {
    this.declare(identifier, 'type');
  }

  declareObject(identifier: Identifier): void {
    this.declare(identifier, 'object');
  }

  /** Opens the scope of a type declaration and declares its name outside. */
  pushContainer(identifier: Identifier, allowsDuplicates: boolean): void {
    this.declare(identifier, 'container');
    this.push(allowsDuplicates);
  }

  /** Opens a scope without a name. */
  push(allowsDuplicates = false): void {
    this.scopes.push({ names: undefined, allowsDuplicates });
  }

  pop(): void {
    if (this.scopes.length > 1) this.scopes.pop();
  }

  /** Number of open scopes: error recovery goes back to where it was. */
  get depth(): number {
    return this.scopes.length;
  }

  /** Closes scopes until `depth` are left. */
  popTo(depth: number): void {
    while (this.scopes.length > Math.max(1, depth)) this.scopes.pop();
  }

  private declare(identifier: Identifier, kind: SymbolKind): void {
    const scope = this.scopes[this.scopes.length - 1] as Scope;
    const { name } = identifier;
    scope.names ??= new Map();
    const previous = scope.names.get(name);
    if (previous === undefined) {
      scope.names.set(name, { kind, identifier });
      return;
    }
    if (previous.kind === kind && scope.allowsDuplicates) return;
    const how = previous.kind === kind ? '' : ' as something else';
    this.reporter.error('duplicate', identifier.span, `'${name}' is declared twice in this scope${how}`, {
      notes: [{ message: `the previous declaration of '${name}'`, span: previous.identifier.span }],
    });
  }
}
