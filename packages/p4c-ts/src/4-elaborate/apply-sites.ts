/**
 * Finds the instances that are applied at more than one place in the source. Their tables exist once, so
 * their parameters must be at the same place for each application.
 */
import type * as ast from '../2-parse/ast.ts';
import type { Context } from './context.ts';

const counted = new WeakMap<object, ReadonlyMap<ast.Node, number>>();

/** True when `apply` is called on the instance at two or more places of the source. */
export function isAppliedTwice(context: Context, instance: ast.Instantiation): boolean {
  let counts = counted.get(context);
  if (counts === undefined) {
    const fresh = new Map<ast.Node, number>();
    for (const call of context.typed.calls.values()) {
      if (call.kind !== 'apply' || call.receiver.kind !== 'PathExpression') continue;
      const declaration = context.typed.paths.get(call.receiver);
      if (declaration?.kind === 'Instantiation') fresh.set(declaration, (fresh.get(declaration) ?? 0) + 1);
    }
    // Given to a constructor, an instance may be applied wherever the parameter is.
    for (const construction of context.typed.constructions.values()) {
      for (const { argument } of construction.arguments) {
        if (argument?.value.kind !== 'PathExpression') continue;
        const declaration = context.typed.paths.get(argument.value);
        if (declaration?.kind === 'Instantiation') fresh.set(declaration, (fresh.get(declaration) ?? 0) + 2);
      }
    }
    counts = fresh;
    counted.set(context, fresh);
  }
  return (counts.get(instance) ?? 0) > 1;
}
