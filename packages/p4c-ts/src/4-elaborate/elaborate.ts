/**
 * Elaboration: from the typed syntax tree to one instantiated program.
 *
 * `main` is evaluated; its six blocks are translated into graphs, each with fresh parameters bound to the storage that
 * they share in the switch: the headers, the user's metadata, the standard metadata. From here on there are no
 * types with parts, no calls, no scopes and no generics left.
 */

import type * as ast from '../2-parse/ast.ts';
import type { TypedProgram } from '../3-types/typed-program.ts';
import type * as T from '../3-types/types.ts';
import type * as ir from '../5-lower/ir.ts';
import { InternalError, type Reporter } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import { runInstance } from './blocks.ts';
import { Body, type BodyKind, type Scope } from './body.ts';
import { construct } from './construct.ts';
import { CannotElaborate, Context, type ElaborateOptions, notSupportedYet } from './context.ts';
import type { BlockInstance, Frame } from './instances.ts';
import { allocate, allocateMetadataHeader, plainType } from './storage.ts';
import { PACKET, type Value } from './values.ts';

/**
 * Translates a checked v1model program. Returns undefined after reporting what cannot be translated, or when there is
 * no `main`.
 */
export function elaborate(typed: TypedProgram, reporter: Reporter, options: ElaborateOptions): ir.Program | undefined {
  const context = new Context(typed, reporter, options);
  try {
    return elaborateMain(context);
  } catch (problem) {
    if (!(problem instanceof CannotElaborate)) throw problem;
    reporter.error(problem.errorClass, problem.span, problem.message, { suggestion: problem.suggestion });
    return undefined;
  }
}

function elaborateMain(context: Context): ir.Program | undefined {
  const { typed } = context;
  // The checker has warned of it.
  if (typed.main === undefined) return undefined;
  const top: Frame = { parent: undefined, bindings: new Map(), types: new Map(), path: '', instance: undefined };
  const main = construct(context, top, typed.main, undefined);
  if (main.kind !== 'package') {
    throw new CannotElaborate('type-error', typed.main.span, 'main must be an instance of a package');
  }
  const { span } = typed.main;
  const blockNamed = (...names: string[]): BlockInstance => {
    for (const name of names) {
      const value = main.arguments.get(name);
      if (value?.kind === 'instance' && value.instance.kind === 'block') return value.instance;
    }
    throw new CannotElaborate(
      'Target model error',
      span,
      `main package does not match the expected model: no block ${names[0]}`,
    );
  };
  const parser = blockNamed('p');
  const verify = blockNamed('vr');
  const ingress = blockNamed('ig');
  const egress = blockNamed('eg');
  const compute = blockNamed('ck');
  const deparser = blockNamed('dep');

  const [, headersType, metadataType, standardType] = parametersOf(context, parser, 4);
  if (standardType!.kind !== 'struct') {
    throw new CannotElaborate(
      'Target model error',
      span,
      'the fourth parameter of the parser must be standard_metadata_t',
    );
  }
  const standard = allocateMetadataHeader(context, standardType!, 'standard_metadata');
  if (standard.kind !== 'struct' || standard.header === undefined) throw new InternalError('no standard metadata');

  const headers = allocateHeaders(context, headersType!, parser.declaration);
  if (metadataType!.kind !== 'struct') {
    throw new CannotElaborate('expected', parser.declaration.span, 'expected the user metadata type to be a struct');
  }
  const metadata = allocate(context, metadataType!, {
    name: 'userMetadata',
    role: 'user-metadata',
    span: parser.declaration.span,
  });
  const run = (kind: BodyKind, instance: BlockInstance, values: readonly Value[]): Body => {
    const body = new Body(context, kind, kind);
    const { declaration, frame } = instance;
    declaration.parameters.forEach((parameter, index) => {
      const value = values[index];
      if (value !== undefined) frame.bindings.set(parameter, value);
    });
    const end = body.newBlock('end');
    const scope: Scope = {
      frame,
      returnTo: { block: end, value: undefined },
      exitTo: undefined,
      breakTo: undefined,
      continueTo: undefined,
    };
    runInstance(body, scope, instance, declaration.span);
    body.goto(end);
    end.terminator = { kind: kind === 'parser' ? 'accept' : 'return', span: declaration.span };
    return body;
  };
  const parserBody = run('parser', parser, [PACKET, headers, metadata, standard]);
  const verifyBody = run('verify', verify, [headers, metadata]);
  const ingressBody = run('ingress', ingress, [headers, metadata, standard]);
  const egressBody = run('egress', egress, [headers, metadata, standard]);
  const computeBody = run('compute', compute, [headers, metadata]);
  const deparserBody = run('deparser', deparser, [PACKET, headers]);
  constructUnused(context, top);
  return {
    sourceName: context.options.sourceName,
    lastBlockId: context.lastBlockId,
    headerInstances: context.headerInstances,
    headerStacks: context.headerStacks,
    unionInstances: context.unionInstances,
    unionStacks: context.unionStacks,
    variables: context.variables,
    standardMetadata: standard.header,
    errors: [...context.errorCodes.keys()],
    enums: [...context.enumValues].map(([name, members]) => ({ name, members })),
    parser: { graph: { entry: parserBody.entry }, valueSets: parserBody.valueSets, span: parser.declaration.span },
    ingress: pipeline('ingress', ingressBody, ingress.declaration.span),
    egress: pipeline('egress', egressBody, egress.declaration.span),
    deparser: {
      headers: deparserBody.emitted,
      instructions: straightLine(deparserBody, deparser.declaration.span, 'the deparser'),
      span: deparser.declaration.span,
    },
    checksums: [
      ...checksumsOf(computeBody, compute.declaration.span),
      ...checksumsOf(verifyBody, verify.declaration.span),
    ],
    counters: context.counters,
    meters: context.meters,
    registers: context.registers,
    externInstances: context.externInstances,
  };
}

/** Global externs exist for the control plane even where nothing uses them. */
function constructUnused(context: Context, top: Frame): void {
  for (const declaration of context.typed.program.declarations) {
    if (declaration.kind !== 'Instantiation' || top.bindings.has(declaration)) continue;
    if (context.typed.constructions.get(declaration)?.target.kind !== 'extern') continue;
    top.bindings.set(declaration, {
      kind: 'instance',
      instance: construct(context, top, declaration, declaration),
    });
  }
}

function parametersOf(context: Context, instance: BlockInstance, count: number): T.Type[] {
  const types = instance.declaration.parameters.map((parameter) =>
    plainType(context.declaredType(parameter, instance.frame)),
  );
  if (types.length !== count) {
    throw new CannotElaborate(
      'Target model error',
      instance.declaration.span,
      `${instance.declaration.name.name} must have ${count} parameters`,
    );
  }
  return types;
}

/** The packet's headers, called in the switch as the fields of the headers structure are. */
function allocateHeaders(
  context: Context,
  type: T.Type,
  declaration: ast.ParserDeclaration | ast.ControlDeclaration,
): Value {
  if (type.kind !== 'struct') {
    throw new CannotElaborate(
      'expected',
      declaration.span,
      'the type of the headers must be a struct of headers, stacks, or unions',
    );
  }
  for (const field of type.fields) {
    const fieldType = plainType(field.type);
    if (!['header', 'stack', 'header_union', 'struct'].includes(fieldType.kind)) {
      throw new CannotElaborate(
        'expected',
        field.declaration.span,
        `the type of the headers must be a struct of headers, stacks, or unions, but ${field.name} is none of them`,
      );
    }
  }
  return allocate(context, type, {
    name: '',
    role: 'user-metadata',
    span: declaration.span,
    exactNames: true,
  });
}

function pipeline(name: 'ingress' | 'egress', body: Body, span: Span): ir.Pipeline {
  return { name, graph: { entry: body.entry }, tables: body.tables, profiles: body.profiles, span };
}

/** The instructions of a body without branches. */
function straightLine(body: Body, span: Span, what: string): ir.Instruction[] {
  const instructions: ir.Instruction[] = [];
  const seen = new Set<ir.Block>();
  let block = body.entry;
  for (;;) {
    if (seen.has(block)) return notSupportedYet(span, `a loop in ${what}`);
    seen.add(block);
    instructions.push(...block.instructions);
    const { terminator } = block;
    if (terminator.kind === 'goto') block = terminator.target;
    else if (terminator.kind === 'branch' && terminator.condition.kind === 'constant') {
      block = terminator.condition.value === 0n ? terminator.whenFalse : terminator.whenTrue;
    } else if (terminator.kind === 'branch' || terminator.kind === 'apply') {
      throw new CannotElaborate(
        'unsupported',
        terminator.span,
        `a decision in ${what} cannot be expressed on this target: BMv2 performs a fixed list of steps there`,
        'decide in the egress control, by setting headers invalid or by the condition argument of a checksum',
      );
    } else return instructions;
  }
}

function checksumsOf(body: Body, span: Span): ir.Checksum[] {
  const instructions = straightLine(body, span, 'a checksum control').filter((i) => i.kind !== 'set-invalid');
  const first = instructions[0];
  if (first === undefined) return body.checksums;
  // Assignments before the calls are folded into them where they only rename.
  throw new CannotElaborate(
    'unsupported',
    first.span,
    'only calls of update_checksum and verify_checksum are allowed in a checksum control on this target',
    'compute the value in the egress control and keep it in metadata',
  );
}
