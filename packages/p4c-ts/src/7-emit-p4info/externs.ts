/**
 * Extern instances of v1model in P4Info: counters, meters, registers, action profiles; and `digest` calls. A direct
 * counter or meter is described together with its table; one that no table names is not described at all.
 */
import type * as ast from '../2-parse/ast.ts';
import type { ResolvedConstruction } from '../3-types/typed-program.ts';
import * as T from '../3-types/types.ts';
import { integerArgument, stringArgument } from './annotations.ts';
import type { P4InfoContext } from './context.ts';
import type { Environment } from './environments.ts';
import type { ExternFunctionCall } from './liveness.ts';
import { type ActionProfile, type Counter, type Meter, type Register, type SymbolKind, UNIT } from './model.ts';
import type { ExternObject } from './objects.ts';
import { nameOf } from './type-specs.ts';

/** What kind of P4Info object an extern's instance is; undefined for those that the control plane does not see. */
export function externKind(context: P4InfoContext, construction: ResolvedConstruction): SymbolKind | undefined {
  return construction.target.kind === 'extern' && construction.type.kind !== 'stack'
    ? context.names.externs[construction.target.name]
    : undefined;
}

/** The expression given for a constructor parameter. */
export function constructorArgument(construction: ResolvedConstruction, name: string): ast.Expression | undefined {
  const matched = construction.arguments.find((item) => item.parameter.name === name);
  return matched?.argument?.value ?? matched?.parameter.defaultValue;
}

function sizeOf(context: P4InfoContext, object: ExternObject, parameter: string): bigint {
  const expression = constructorArgument(object.construction, parameter);
  const size = expression && object.environment.integer(expression);
  if (size !== undefined) return size;
  const span = expression?.span ?? object.declaration.name.span;
  context.reporter.error('invalid', span, `the size of '${object.name}' is not a constant`);
  return 0n;
}

/** The unit of a counter or meter, from its `type` argument. */
export function unitOf(environment: Environment, construction: ResolvedConstruction): 0 | 1 | 2 | 3 {
  const expression = constructorArgument(construction, 'type');
  const value = expression && environment.evaluate(expression);
  const member = value?.kind === 'enum' ? value.member : undefined;
  switch (member?.toLowerCase()) {
    case 'packets':
      return UNIT.packets;
    case 'bytes':
      return UNIT.bytes;
    case 'packets_and_bytes':
      return UNIT.both;
    default:
      return UNIT.unspecified;
  }
}

/** The index of an array, where its type has a name of its own. */
function indexTypeName(
  context: P4InfoContext,
  { construction, environment }: ExternObject,
  position: number | undefined,
): { indexTypeName?: { name: string } } {
  const { target } = construction;
  const type = position === undefined || target.kind !== 'extern' ? undefined : target.typeArguments[position];
  if (type === undefined) return {};
  const concrete = environment.concrete(type);
  context.types.convert(concrete);
  const name = context.types.newtypeName(concrete);
  return name === undefined ? {} : { indexTypeName: { name } };
}

/** Describes a counter array. */
export function describeCounter(context: P4InfoContext, object: ExternObject): Counter {
  return {
    preamble: context.preamble('counter', object.name, object.declaration.annotations),
    spec: { unit: unitOf(object.environment, object.construction) },
    size: sizeOf(context, object, context.names.counterSize),
    ...indexTypeName(context, object, context.names.counterIndexType),
  };
}

/** Describes a meter array. */
export function describeMeter(context: P4InfoContext, object: ExternObject): Meter {
  const unit = unitOf(object.environment, object.construction);
  return {
    preamble: context.preamble('meter', object.name, object.declaration.annotations),
    spec: { unit: unit === UNIT.both ? UNIT.unspecified : unit },
    size: sizeOf(context, object, context.names.meterSize),
    ...indexTypeName(context, object, context.names.meterIndexType),
  };
}

/** Describes a register array. */
export function describeRegister(context: P4InfoContext, object: ExternObject): Register {
  const { target } = object.construction;
  const data = target.kind === 'extern' ? target.typeArguments[0] : undefined;
  return {
    preamble: context.preamble('register', object.name, object.declaration.annotations),
    typeSpec: context.types.convert(object.environment.concrete(data ?? T.erroneousType)),
    size: Number(sizeOf(context, object, 'size')),
    ...indexTypeName(context, object, context.names.registerIndexType),
  };
}

/** An action profile or selector, declared by itself or made inside a table's `implementation`. */
export interface ProfileSource {
  readonly name: string;
  readonly annotations: readonly ast.Annotation[];
  readonly construction: ResolvedConstruction;
  readonly environment: Environment;
  readonly span: ast.Node['span'];
}

/** Describes an action profile. `tables`: names of the tables that use it. */
export function describeProfile(
  context: P4InfoContext,
  source: ProfileSource,
  tables: readonly string[],
): ActionProfile {
  const { annotations, name, construction } = source;
  const withSelector = construction.target.kind === 'extern' && construction.target.name === context.names.selector;
  const own = ['max_group_size', 'selector_size_semantics', 'max_member_weight'];
  const expression = constructorArgument(construction, 'size');
  const size = expression && source.environment.integer(expression);
  if (size === undefined) context.reporter.error('invalid', source.span, `the size of '${name}' is not a constant`);
  const profile: ActionProfile = {
    preamble: context.preamble('actionProfile', name, annotations, (annotation) => own.includes(annotation)),
    withSelector,
    size: size ?? 0n,
    tableIds: tables.map((table) => context.symbols.id('table', table)),
  };
  const ignore = (annotation: string, why: string): void => {
    context.reporter.warn('ignore', source.span, `@${annotation} of '${name}' is ignored: ${why}`);
  };
  const maxGroupSize = integerArgument(annotations, 'max_group_size');
  const semantics = stringArgument(annotations, 'selector_size_semantics');
  const maxMemberWeight = integerArgument(annotations, 'max_member_weight');
  if (!withSelector) {
    if (maxGroupSize !== undefined) ignore('max_group_size', 'it has no selector');
    if (semantics !== undefined) ignore('selector_size_semantics', 'it has no selector');
    if (maxMemberWeight !== undefined) ignore('max_member_weight', 'it has no selector');
    return profile;
  }
  if (maxGroupSize !== undefined) profile.maxGroupSize = maxGroupSize;
  switch (semantics?.toLowerCase()) {
    case undefined:
      break;
    case 'sum_of_weights':
      profile.selectorSizeSemantics = { case: 'sumOfWeights', value: {} };
      break;
    case 'sum_of_members':
      profile.selectorSizeSemantics = {
        case: 'sumOfMembers',
        value: maxMemberWeight === undefined ? {} : { maxMemberWeight },
      };
      break;
    default:
      context.reporter.error(
        'invalid',
        source.span,
        `@selector_size_semantics must be "sum_of_weights" or "sum_of_members", not "${semantics}"`,
      );
  }
  if (maxMemberWeight !== undefined && profile.selectorSizeSemantics?.case !== 'sumOfMembers') {
    ignore('max_member_weight', 'its selector size semantics is not sum_of_members');
  }
  return profile;
}

/** Names and types of the digests of a program. A digest is called after the type of its data. */
export class Digests {
  private readonly context: P4InfoContext;
  private readonly generated = new Map<ast.CallExpression, string>();

  constructor(context: P4InfoContext) {
    this.context = context;
  }

  /** The name of the digest that a call sends; undefined if it is no call of `digest`. */
  nameOf(item: ExternFunctionCall): string | undefined {
    if (item.resolved.declaration.name.name !== 'digest') return undefined;
    const type = this.typeOf(item);
    if (T.isStructure(type)) return nameOf(type);
    if (type.kind === 'newtype' || type.kind === 'enum' || type.kind === 'serializable-enum') return type.name;
    let name = this.generated.get(item.call);
    if (name === undefined) {
      name = `digest_${this.generated.size}`;
      this.generated.set(item.call, name);
      this.context.reporter.warn(
        'mismatch',
        item.call.span,
        `the data of this digest has no named type, so the control plane sees it as '${name}'`,
        { suggestion: 'declare a struct for it and give its name: digest<MyDigest>(...)' },
      );
    }
    return name;
  }

  /** Type of the data that a call of `digest` sends. */
  typeOf(item: ExternFunctionCall): T.Type {
    return item.block.environment.concrete(item.resolved.typeArguments[0] ?? T.erroneousType);
  }
}
