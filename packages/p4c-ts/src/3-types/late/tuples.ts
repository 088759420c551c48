// Tuples become structures, so their components must be of types that a structure may have.
//
// How: over the written types, once all are known. Fields of specialized structures are looked into as well:
// `S<tuple<string>>` writes no bad tuple anywhere but makes one.

import type { Span } from '../../diagnostics/span.ts';
import type { Checker } from '../check/checker.ts';
import { printType, type Type, withoutNewtypes } from '../types.ts';

/** Reports written tuple types, also inside specialized structures, that hold a string, `_` or void. */
export function checkTuples(c: Checker): void {
  for (const [node, type] of c.tables.typeNodes) {
    if (node.kind === 'TupleType') checkComponents(c, node.span, type);
    else if (node.kind === 'SpecializedType' && (type.kind === 'struct' || type.kind === 'header')) {
      for (const field of type.fields) checkComponents(c, node.span, field.type);
    }
  }
}

function checkComponents(c: Checker, span: Span, type: Type): void {
  if (type.kind !== 'tuple') return;
  for (const component of type.components) {
    switch (withoutNewtypes(component).kind) {
      case 'string':
      case 'dontcare':
      case 'void':
        c.error(span, `a tuple cannot hold a component of type ${printType(component)}`);
        return;
      default:
        break;
    }
  }
}
