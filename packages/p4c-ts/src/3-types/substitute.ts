// Replacing type variables, and looking into types: the two walks over the inside of a type that inference needs.
//
// Both are written to cost nothing where nothing is found: `substitute` gives back the same object unless a variable in
// it was replaced, so equal types stay identical objects.

import type { Field, Inside, Parameter, Type, TypeVariable } from './types.ts';

/** What to put in place of each type variable. */
export type Substitution = ReadonlyMap<TypeVariable, Type>;

/**
 * Replaces type variables. Types without any of them come back as the same object, so the cost is that of looking.
 * Values bound to variables are substituted in turn (bindings may mention other variables, never themselves).
 */
export function substitute(type: Type, substitution: Substitution): Type {
  if (substitution.size === 0) return type;
  switch (type.kind) {
    case 'type-variable': {
      const bound = substitution.get(type);
      return bound === undefined || bound === type ? type : substitute(bound, substitution);
    }
    case 'stack': {
      const element = substitute(type.element, substitution);
      return element === type.element ? type : { ...type, element };
    }
    case 'list':
    case 'set': {
      const element = substitute(type.element, substitution);
      return element === type.element ? type : { ...type, element };
    }
    case 'tuple':
    case 'list-expression': {
      const components = substituteAll(type.components, substitution);
      return components === type.components ? type : { ...type, components };
    }
    case 'struct-expression': {
      const fields = substituteFields(type.fields, substitution);
      return fields === type.fields ? type : { ...type, fields };
    }
    case 'header':
    case 'struct':
    case 'header_union': {
      // Structures are declared at the top level, so without type arguments nothing inside can be a variable.
      if (type.typeArguments.length === 0) return type;
      const typeArguments = substituteAll(type.typeArguments, substitution);
      const fields = substituteFields(type.fields, substitution);
      if (typeArguments === type.typeArguments && fields === type.fields) return type;
      return { ...type, typeArguments, fields, inside: insideOf(typeArguments, fields) };
    }
    case 'extern': {
      const typeArguments = substituteAll(type.typeArguments, substitution);
      return typeArguments === type.typeArguments ? type : { ...type, typeArguments };
    }
    case 'parser':
    case 'control':
    case 'package': {
      const typeArguments = substituteAll(type.typeArguments, substitution);
      const parameters = substituteParameters(type.parameters, substitution);
      return typeArguments === type.typeArguments && parameters === type.parameters
        ? type
        : { ...type, typeArguments, parameters };
    }
    case 'action': {
      const parameters = substituteParameters(type.parameters, substitution);
      return parameters === type.parameters ? type : { ...type, parameters };
    }
    case 'function': {
      const parameters = substituteParameters(type.parameters, substitution);
      const returnType = substitute(type.returnType, substitution);
      return parameters === type.parameters && returnType === type.returnType
        ? type
        : { ...type, parameters, returnType };
    }
    case 'type-type': {
      const inner = substitute(type.type, substitution);
      return inner === type.type ? type : { ...type, type: inner };
    }
    default:
      return type;
  }
}

function mapSame<T>(items: readonly T[], change: (item: T) => T): readonly T[] {
  let changed: T[] | undefined;
  for (let index = 0; index < items.length; index++) {
    const item = items[index]!;
    const replacement = change(item);
    if (replacement !== item) changed ??= items.slice(0, index);
    changed?.push(replacement);
  }
  return changed ?? items;
}

// Apart from `substitute`, because a function inside it would cost every call of it something.
function substituteFields<F extends { readonly type: Type }>(fields: readonly F[], substitution: Substitution) {
  return mapSame(fields, (field) => {
    const type = substitute(field.type, substitution);
    return type === field.type ? field : { ...field, type };
  });
}

/** `substitute` over a list; the same list when nothing changes. */
export function substituteAll(types: readonly Type[], substitution: Substitution): readonly Type[] {
  return mapSame(types, (type) => substitute(type, substitution));
}

/** `substitute` over parameter types; the same list when nothing changes. */
export function substituteParameters(
  parameters: readonly Parameter[],
  substitution: Substitution,
): readonly Parameter[] {
  return substituteFields(parameters, substitution);
}

/** What occurs in a structure of these type arguments and fields. */
export function insideOf(typeArguments: readonly Type[], fields: readonly Field[]): Inside {
  return {
    erroneous: typeArguments.some(containsErroneous) || fields.some((field) => containsErroneous(field.type)),
    integer: typeArguments.some(containsInteger) || fields.some((field) => containsInteger(field.type)),
    scalars: fields.reduce((sum, field) => sum + scalarsOf(field.type), 0),
  };
}

/** Number of scalars in a value of the type; a stack counts as one element. */
export function scalarsOf(type: Type): number {
  switch (type.kind) {
    case 'header':
    case 'struct':
    case 'header_union':
      return type.inside.scalars;
    case 'stack':
      return scalarsOf(type.element);
    case 'tuple':
      return type.components.reduce((sum, component) => sum + scalarsOf(component), 0);
    default:
      return 1;
  }
}

/** Whether an erroneous type occurs in the type. */
export function containsErroneous(type: Type): boolean {
  switch (type.kind) {
    case 'bits':
    case 'bool':
    case 'integer':
    case 'void':
      return false;
    case 'erroneous':
      return true;
    case 'header':
    case 'struct':
    case 'header_union':
      return type.inside.erroneous;
    default:
      return somePart(type, containsErroneous);
  }
}

/** Whether `int` occurs in the type. */
export function containsInteger(type: Type): boolean {
  switch (type.kind) {
    case 'bits':
    case 'bool':
    case 'void':
      return false;
    case 'integer':
      return true;
    case 'header':
    case 'struct':
    case 'header_union':
      return type.inside.integer;
    default:
      return somePart(type, containsInteger);
  }
}

/** Calls `visit` on the type and on every type inside it until one call returns true; says whether one did. */
export function typeContains(type: Type, visit: (inner: Type) => boolean): boolean {
  return visit(type) || somePart(type, (part) => typeContains(part, visit));
}

/** Whether `test` holds for a direct part of the type. */
function somePart(type: Type, test: (part: Type) => boolean): boolean {
  switch (type.kind) {
    case 'stack':
    case 'list':
    case 'set':
      return test(type.element);
    case 'tuple':
    case 'list-expression':
      return type.components.some(test);
    case 'struct-expression':
      return someOfParts(type.fields, test);
    case 'header':
    case 'struct':
    case 'header_union':
      return type.typeArguments.some(test) || someOfParts(type.fields, test);
    case 'extern':
      return type.typeArguments.some(test);
    case 'parser':
    case 'control':
    case 'package':
      return type.typeArguments.some(test) || someOfParts(type.parameters, test);
    case 'action':
      return someOfParts(type.parameters, test);
    case 'function':
      return test(type.returnType) || someOfParts(type.parameters, test);
    case 'newtype':
      return test(type.underlying);
    default:
      return false;
  }
}

function someOfParts(parts: readonly { readonly type: Type }[], test: (part: Type) => boolean): boolean {
  for (const part of parts) if (test(part.type)) return true;
  return false;
}

/** True when a type variable occurs in the type. */
export function hasTypeVariables(type: Type): boolean {
  switch (type.kind) {
    case 'type-variable':
      return true;
    case 'header':
    case 'struct':
    case 'header_union':
      // As in `substitute`: without type arguments there is nothing to look for inside.
      return type.typeArguments.some(hasTypeVariables);
    case 'parser':
    case 'control':
    case 'package':
      return type.typeArguments.some(hasTypeVariables) || type.parameters.some((each) => hasTypeVariables(each.type));
    case 'action':
      return type.parameters.some((each) => hasTypeVariables(each.type));
    case 'function':
      return hasTypeVariables(type.returnType) || type.parameters.some((each) => hasTypeVariables(each.type));
    case 'stack':
    case 'list':
    case 'set':
      return hasTypeVariables(type.element);
    case 'tuple':
    case 'list-expression':
      return type.components.some(hasTypeVariables);
    case 'struct-expression':
      return type.fields.some((field) => hasTypeVariables(field.type));
    case 'extern':
      return type.typeArguments.some(hasTypeVariables);
    case 'newtype':
      return hasTypeVariables(type.underlying);
    default:
      return false;
  }
}
