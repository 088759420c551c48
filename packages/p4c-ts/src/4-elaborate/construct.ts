/**
 * Instantiation: from constructor calls to instances.
 *
 * Externs of v1model become the arrays and profiles that the switch has; controls and parsers become frames in which
 * their constructor parameters and type arguments are bound. Packages just remember their arguments.
 */

import type * as ast from '../2-parse/ast.ts';
import type { MatchedArgument } from '../3-types/typed-program.ts';
import type * as T from '../3-types/types.ts';
import type * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import { isAppliedTwice } from './apply-sites.ts';
import { Body, type Scope } from './body.ts';
import { CannotElaborate, type Context, notOnTarget, notSupportedYet } from './context.ts';
import { evaluate } from './expressions.ts';
import { type BlockInstance, enclosingInstance, type Frame, type Instance } from './instances.ts';
import { localName, pathName, withoutDot } from './names.ts';
import { plainType, scalarTypeOf } from './storage.ts';
import type { Value } from './values.ts';

/** A value known while elaborating, evaluated in a frame where no code can be emitted. */
export function evaluateConstant(context: Context, frame: Frame, expression: ast.Expression): Value {
  const body = new Body(context, 'ingress', 'constant');
  const scope: Scope = { frame, returnTo: undefined, exitTo: undefined, breakTo: undefined, continueTo: undefined };
  return evaluate(body, scope, expression);
}

/** The integer that a value is; undefined for anything else. */
export function integerOf(value: Value | undefined): bigint | undefined {
  if (value?.kind === 'integer') return value.value;
  if (value?.kind === 'scalar' && value.expression.kind === 'constant') return value.expression.value;
  return undefined;
}

/**
 * Makes the instance of a declaration (`named`) or of a constructor call inside an expression. An extern made in place
 * has the name `inPlace` in the control plane.
 */
export function construct(
  context: Context,
  frame: Frame,
  node: ast.Instantiation | ast.ConstructorCallExpression,
  named: ast.Instantiation | undefined,
  inPlace?: string,
): Instance {
  const construction = context.typed.constructions.get(node);
  if (construction === undefined) throw new InternalError('unresolved instantiation', node.span);
  const target = context.concrete(construction.target, frame);
  const constructed = plainType(context.concrete(construction.type, frame));
  if (constructed.kind === 'stack') return notSupportedYet(node.span, 'an array of instances');
  const local = named === undefined ? undefined : localName(named.name.name, named.annotations);
  const path = local === undefined ? frame.path : pathName(frame.path, local);
  const argumentsByName = new Map<string, Value>();
  for (const matched of construction.arguments) {
    const value = constructorArgument(context, frame, matched);
    if (value !== undefined) argumentsByName.set(matched.parameter.name, value);
  }
  switch (target.kind) {
    case 'package':
      return { kind: 'package', construction, arguments: argumentsByName };
    case 'control':
    case 'parser': {
      const { declaration } = target;
      if (declaration.kind !== 'ControlDeclaration' && declaration.kind !== 'ParserDeclaration') {
        throw new InternalError('instance of an abstract type', node.span);
      }
      // Without a name of its own, as a package's argument, an instance goes by the name of its type.
      const ownPath = local === undefined ? pathName(frame.path, declaration.name.name) : path;
      return makeBlock(context, frame, declaration, target, construction.arguments, argumentsByName, ownPath, named);
    }
    case 'extern':
      return makeExtern(
        context,
        target,
        argumentsByName,
        construction.arguments,
        inPlace ?? withoutDot(path),
        node.span,
      );
    default:
      throw new InternalError(`instance of a ${target.kind}`, node.span);
  }
}

function constructorArgument(context: Context, frame: Frame, matched: MatchedArgument): Value | undefined {
  if (matched.source === 'given' && matched.argument !== undefined) {
    return evaluateConstant(context, frame, matched.argument.value);
  }
  if (matched.source === 'default' && matched.parameter.defaultValue !== undefined) {
    return evaluateConstant(context, frame, matched.parameter.defaultValue);
  }
  return undefined;
}

/** A control or parser instance with its constructor parameters bound. */
export function makeBlock(
  context: Context,
  frame: Frame,
  declaration: ast.ControlDeclaration | ast.ParserDeclaration,
  type: T.ControlType | T.ParserType,
  matched: readonly MatchedArgument[],
  values: ReadonlyMap<string, Value>,
  path: string,
  named: ast.Instantiation | undefined,
): BlockInstance {
  const top = outermost(frame);
  const types = new Map<ast.TypeParameter, T.Type>();
  declaration.typeParameters.forEach((parameter, index) => {
    const argument = type.typeArguments[index];
    if (argument !== undefined) types.set(parameter, context.concrete(argument, frame));
  });
  const bindings = new Map<ast.Node, Value>();
  for (const item of matched) {
    const value = values.get(item.parameter.name);
    if (value !== undefined && item.parameter.declaration !== undefined)
      bindings.set(item.parameter.declaration, value);
  }
  const isShared =
    (named !== undefined && isAppliedTwice(context, named)) || enclosingInstance(frame)?.isShared === true;
  const instance: BlockInstance = {
    kind: 'block',
    declaration,
    path,
    frame: { parent: top, bindings, types, path, instance: undefined },
    isShared,
    tables: new Map(),
    actions: new Map(),
    localsAreBound: false,
  };
  (instance.frame as { instance: BlockInstance }).instance = instance;
  return instance;
}

function outermost(frame: Frame): Frame {
  let top = frame;
  while (top.parent !== undefined) top = top.parent;
  return top;
}

function makeExtern(
  context: Context,
  type: T.ExternType,
  values: ReadonlyMap<string, Value>,
  matched: readonly MatchedArgument[],
  name: string,
  span: Span,
): Instance {
  const number = (parameter: string): bigint => {
    const value = integerOf(values.get(parameter));
    if (value === undefined) throw new CannotElaborate('expected', span, `${parameter} must be a constant`);
    return value;
  };
  const symbol = (parameter: string): string => {
    const value = values.get(parameter);
    if (value?.kind === 'scalar' && value.symbol !== undefined) return value.symbol;
    throw new CannotElaborate('expected', span, `${parameter} must be a constant`);
  };
  switch (type.name) {
    case 'counter': {
      const counter: ir.CounterArray = { kind: 'counter', name, size: number('size'), table: undefined, span };
      context.counters.push(counter);
      return { kind: 'counter', counter };
    }
    case 'direct_counter': {
      const counter: ir.CounterArray = { kind: 'counter', name, size: undefined, table: undefined, span };
      context.counters.push(counter);
      return { kind: 'counter', counter };
    }
    case 'meter':
    case 'direct_meter': {
      const isDirect = type.name === 'direct_meter';
      if (isDirect) {
        const result = type.typeArguments[0];
        if (result !== undefined && scalarTypeOf(result)?.kind !== 'bits') {
          throw new CannotElaborate(
            'invalid',
            span,
            'the result of a direct_meter must be of type bit<W> on this target',
          );
        }
      }
      const unit = symbol('type');
      if (unit !== 'packets' && unit !== 'bytes') notOnTarget(span, `meters of ${unit} do not exist on BMv2`);
      const meter: ir.MeterArray = {
        kind: 'meter',
        name,
        unit,
        size: isDirect ? undefined : number('size'),
        isDirect,
        table: undefined,
        target: undefined,
        span,
      };
      context.meters.push(meter);
      return { kind: 'meter', meter };
    }
    case 'register': {
      const element = type.typeArguments[0];
      const scalarType = element && scalarTypeOf(plainType(element));
      if (scalarType?.kind !== 'bits' || plainType(element!).kind === 'enum') {
        return notOnTarget(
          span,
          'registers of a type other than bit<W> or int<W> do not exist on BMv2',
          'keep each field in a register of its own',
        );
      }
      const size = number('size');
      if (size === 0n) notOnTarget(span, 'direct registers are not supported by BMv2');
      const register: ir.RegisterArray = { kind: 'register', name, size, width: scalarType.width, span };
      context.registers.push(register);
      return { kind: 'register', register };
    }
    case 'action_profile':
      return {
        kind: 'action-profile',
        profile: {
          kind: 'action-profile',
          name,
          size: number('size'),
          selector: undefined,
          span,
        },
      };
    case 'action_selector':
      return {
        kind: 'action-profile',
        profile: {
          kind: 'action-profile',
          name,
          size: number('size'),
          selector: { algorithm: hashAlgorithm(symbol('algorithm'), span), input: undefined },
          span,
        },
      };
    default: {
      const attributes: { name: string; type: 'hexstr' | 'string'; value: string }[] = [];
      for (const item of matched) {
        const value = values.get(item.parameter.name);
        const integer = integerOf(value);
        if (value?.kind === 'string')
          attributes.push({ name: item.parameter.name, type: 'string', value: value.value });
        else if (integer !== undefined) {
          attributes.push({ name: item.parameter.name, type: 'hexstr', value: `0x${integer.toString(16)}` });
        }
      }
      const extern: ir.ExternInstance = { kind: 'extern-instance', name, type: type.name, attributes };
      if (context.options.emitExterns) context.externInstances.push(extern);
      return { kind: 'extern', type: type.name, extern };
    }
  }
}

/** BMv2's name of a v1model hash algorithm. */
export function hashAlgorithm(name: string, span: Span | undefined): ir.HashAlgorithm {
  switch (name) {
    case 'csum16':
    case 'crc16':
    case 'crc32':
    case 'crc16_custom':
    case 'crc32_custom':
    case 'identity':
    case 'xor16':
      return name;
    case 'random':
      return notOnTarget(span, 'BMv2 has no hash algorithm "random"', 'use crc32');
    default:
      return notOnTarget(span, `BMv2 has no hash algorithm "${name}"`);
  }
}
