// Types as a person writes them in P4, for messages: with type arguments, without fields.

import { assertNever } from '../diagnostics/diagnostic.ts';
import { isStructure, type Parameter, type Type } from './types.ts';

/** The name of a type as a person writes it in P4, for messages; with type arguments, without fields. */
export function printType(type: Type): string {
  switch (type.kind) {
    case 'erroneous':
      return '<error>';
    case 'void':
    case 'bool':
    case 'string':
    case 'error':
    case 'match_kind':
      return type.kind;
    case 'integer':
      return 'int';
    case 'bits':
      return `${type.signed ? 'int' : 'bit'}<${type.width}>`;
    case 'varbit':
      return `varbit<${type.maxWidth}>`;
    case 'dontcare':
      return '_';
    case 'state':
      return 'state';
    case 'any':
      return type.of === 'dots' ? '...' : '{#}';
    case 'header':
    case 'struct':
    case 'header_union':
    case 'parser':
    case 'control':
    case 'package':
      return `${type.kind} ${type.name}${printArguments(type.typeArguments)}`;
    case 'extern':
      return `${type.name}${printArguments(type.typeArguments)}`;
    case 'stack':
      return `${isStructure(type.element) ? type.element.name : printType(type.element)}[${type.size}]`;
    case 'tuple':
    case 'list-expression':
      return `tuple<${type.components.map(printType).join(', ')}>`;
    case 'struct-expression':
      return `{ ${[...type.fields.map((f) => `${printType(f.type)} ${f.name}`), ...(type.dots ? ['...'] : [])].join('; ')} }`;
    case 'list':
      return `list<${printType(type.element)}>`;
    case 'set':
      return `set<${printType(type.element)}>`;
    case 'enum':
    case 'serializable-enum':
    case 'newtype':
    case 'type-variable':
      return type.name;
    case 'table':
      return `table ${type.declaration.name.name}`;
    case 'apply-result':
      return `result of ${type.table.name.name}.apply()`;
    case 'action-enum':
      return `action_run of ${type.table.name.name}`;
    case 'action':
      return `action ${type.declaration.name.name}(${type.parameters.map(printParameter).join(', ')})`;
    case 'function':
      return `${printType(type.returnType)} ${type.name}${printArguments(type.typeParameters)}(${type.parameters.map(printParameter).join(', ')})`;
    case 'type-type':
      return `type ${printType(type.type)}`;
    default:
      return assertNever(type, 'printType');
  }
}

function printArguments(args: readonly Type[]): string {
  return args.length === 0 ? '' : `<${args.map(printType).join(', ')}>`;
}

function printParameter(parameter: Parameter): string {
  const direction = parameter.direction === 'none' ? '' : `${parameter.direction} `;
  return `${direction}${printType(parameter.type)} ${parameter.name}`;
}
