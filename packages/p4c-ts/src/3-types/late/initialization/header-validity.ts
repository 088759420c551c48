// What the methods of headers and stacks do to validity, and what making one header valid says about others: the
// elements of its stack and the other members of its union.
//
// A stack whose element is chosen at run time has one valid element, and no telling which: none counts as invalid then.
// A union has at most one valid member, so a member that becomes valid takes the validity of the others away. Kept
// apart from the walk because these are rules of the language about storage, whatever statement caused the change.

import type * as ast from '../../../2-parse/ast.ts';
import type { Facts, Validity } from './facts.ts';
import type { Place, Places } from './places.ts';

/** Follows a call of a built-in method (`setValid`, `push_front` and so on) of the header or stack `target`. */
export function callBuiltIn(places: Places, facts: Facts, method: string, target: ast.Expression): void {
  const place = places.at(target);
  if (place === undefined) return;
  switch (method) {
    case 'setValid':
      if (place.exact) setValidity(facts, place, 'yes');
      else chosenIsValid(facts, target, place);
      excludeOthers(places, facts, target, place, 'yes');
      return;
    case 'setInvalid':
      if (place.exact) setValidity(facts, place, 'no');
      return;
    case 'isValid':
      for (const header of place.headers) facts.ask(header);
      return;
    case 'push_front':
    case 'pop_front':
      facts.write(place);
      return;
    default:
      return;
  }
}

/** One of the elements of a stack became valid: none of them is known to be invalid any more. */
function chosenIsValid(facts: Facts, node: ast.Expression, stack: Place): void {
  const member = node.kind === 'MemberExpression' ? node.member.name : undefined;
  for (const header of stack.headers) {
    if (member === undefined || header.name === member) setValidity(facts, header, 'yes');
  }
}

/** A member of a union may have become valid: then the others are not. */
export function excludeOthers(
  places: Places,
  facts: Facts,
  node: ast.Expression,
  place: Place,
  validity: Validity,
): void {
  if (node.kind !== 'MemberExpression' || place.type.kind !== 'header' || !place.exact || validity === 'no') return;
  const union = places.at(node.target);
  if (union?.type.kind !== 'header_union') return;
  for (const other of union.headers) {
    if (other === place || facts.validityOf(other) === 'no') continue;
    facts.setValidity(other, validity === 'yes' ? 'no' : 'maybe');
    facts.forgetAsked(other);
  }
}

/** The header is certainly valid, or certainly not; what the program asked before does not count any longer. */
function setValidity(facts: Facts, header: Place, validity: 'yes' | 'no'): void {
  facts.setValidity(header, validity);
  facts.forgetAsked(header);
}
