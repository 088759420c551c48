// What the methods of headers and stacks do to validity, and what making one header valid says about others: the elements of its stack and
// the other members of its union.
//
// A stack whose element is chosen at run time has one valid element, and no telling which: none counts as invalid then. A union has at most
// one valid member, so a member that becomes valid takes the validity of the others away. Kept apart
// from the walk because these are rules of the language about storage, whatever statement caused the change.

import type * as ast from '../../../2-parse/ast.ts';
import type { Facts, Validity } from './facts.ts';
import type { Place, Places } from './places.ts';

/** Follows a call of a built-in method (`setValid`, `push_front` and so on) of the header or stack `target`. */
export function callBuiltIn(places: Places, facts: Facts, method: string, target: ast.Expression): void {
  const place = places.at(target);
  if (place === undefined) return;
  switch (method) {
    case 'setValid':
      if (place.exact) setValidity(facts, place.key, 'yes');
      else chosenIsValid(places, facts, target, place);
      excludeOthers(places, facts, target, place, 'yes');
      return;
    case 'setInvalid':
      if (place.exact) setValidity(facts, place.key, 'no');
      return;
    case 'isValid':
      for (const key of places.keysAt(place).headers) facts.ask(key);
      return;
    case 'push_front':
    case 'pop_front':
      facts.write(places.keysAt(place));
      return;
    default:
      return;
  }
}

/** One of the elements of a stack became valid: none of them is known to be invalid any more. */
function chosenIsValid(places: Places, facts: Facts, node: ast.Expression, stack: Place): void {
  const member = node.kind === 'MemberExpression' ? `.${node.member.name}` : '';
  for (const key of places.keysAt(stack).headers) if (key.endsWith(member)) setValidity(facts, key, 'yes');
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
  const union = places.typeOf(node.target);
  if (union?.kind !== 'header_union') return;
  const prefix = place.key.slice(0, -node.member.name.length);
  for (const { name } of union.fields) {
    const key = `${prefix}${name}`;
    if (key === place.key || facts.validityOf(key) === 'no') continue;
    facts.setValidity(key, validity === 'yes' ? 'no' : 'maybe');
    facts.forgetAsked(key);
  }
}

/** The header is certainly valid, or certainly not; what the program asked before does not count any longer. */
function setValidity(facts: Facts, key: string, validity: 'yes' | 'no'): void {
  facts.setValidity(key, validity);
  facts.forgetAsked(key);
}
