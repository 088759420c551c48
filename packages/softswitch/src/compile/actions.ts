/**
 * Compiles actions: each becomes a function whose parameters are the limbs of its arguments, each primitive a few
 * statements.
 *
 * Jumps inside actions that only go forward are how p4c translates `if` there: a jump target t becomes the end of a
 * labelled block around everything before it, so that `break` is the jump. An action that also jumps backwards (`for`)
 * becomes a `switch` over the pieces between jump targets inside a loop, because JavaScript has no other way back. Each
 * jump backwards is counted: a loop without end would stop the switch, so the packet is dropped at a limit.
 */
import type { Primitive, Program } from '../model/types.ts';
import { Code, type NameSource } from './code.ts';
import type { CriticalRegions } from './critical.ts';
import { ExpressionCompiler, type Locals, NO_LOCALS } from './expressions.ts';
import { type Layout, limbCount } from './layout.ts';
import { data, jumpTarget, PrimitiveCompiler } from './primitives.ts';

/** What the compilation of a program shares between its parts. */
export interface CompileContext {
  readonly program: Program;
  readonly layout: Layout;
  readonly names: NameSource;
  readonly dropPort: number;
  /** Formats of `log_msg`, filled in as they are met. */
  readonly messages: string[];
  /** Places of assertions, filled in as they are met. */
  readonly assertions: string[];
  /** Emit calls of the tracer. */
  readonly trace: boolean;
  /** Several threads run the program on shared registers, meters and times of last hits. */
  readonly shared: boolean;
  readonly regions: CriticalRegions;
}

/** Variables for an action's parameters. */
export function actionLocals(program: Program, action: number): Locals {
  const bits = program.actions[action]!.parameters.map((parameter) => parameter.bitwidth);
  return {
    bits,
    limbs: bits.map((width, i) => Array.from({ length: limbCount(width) }, (_, limb) => `p${i}_${limb}`)),
  };
}

/** Name of the function of an action. */
export function actionName(action: number): string {
  return `action${action}`;
}

/** The function of an action. */
export function compileAction(context: CompileContext, action: number): Code {
  const code = new Code(context.names);
  const { name, primitives } = context.program.actions[action]!;
  const locals = actionLocals(context.program, action);
  code.line(`// ${name.replace(/[^\w.$ -]/g, '_')}`);
  code.block(`function ${actionName(action)}(${locals.limbs.flat().join(', ')})`, () => {
    if (context.regions.actions[action]! >= 0) code.line(`if (held < 0) lock(${context.regions.actions[action]});`);
    if (context.trace) code.line(`trace.action(${action}, [${locals.limbs.flat().join(', ')}]);`);
    compilePrimitives(context, code, primitives, locals, context.regions.striped.get(action));
  });
  return code;
}

/** A list of primitives with jumps between them. */
export function compilePrimitives(
  context: CompileContext,
  code: Code,
  primitives: readonly Primitive[],
  locals: Locals = NO_LOCALS,
  stripedLock?: number,
): void {
  const targets = new Set<number>();
  let backwards = false;
  for (const [position, primitive] of primitives.entries()) {
    const target = jumpTarget(primitive);
    if (target === undefined) continue;
    if (target <= position) backwards = true;
    targets.add(Math.min(target, primitives.length));
  }
  if (backwards) {
    compilePieces(context, code, primitives, locals, targets);
    return;
  }
  for (const target of [...targets].sort((a, b) => b - a)) code.line(`J${target}: {`);
  for (let position = 0; position <= primitives.length; position++) {
    if (targets.has(position)) code.line('}');
    const primitive = primitives[position];
    if (primitive !== undefined) new PrimitiveCompiler(context, code, locals, stripedLock).compile(primitive);
  }
}

/** Jumps backwards that one run of an action may make; BMv2 has no such limit and would loop for ever. */
const MAX_BACKWARD_JUMPS = 1_000_000;

/** Primitives with jumps backwards: `P` is where to go on, every jump target begins a case. */
function compilePieces(
  context: CompileContext,
  code: Code,
  primitives: readonly Primitive[],
  locals: Locals,
  targets: ReadonlySet<number>,
): void {
  code.line('let P = 0, jumps = 0;');
  const label = code.names.fresh('L');
  code.block(`${label}: for (;;) switch (P)`, () => {
    let position = 0;
    while (position < primitives.length) {
      code.block(`case ${position}:`, () => {
        do {
          const primitive = primitives[position]!;
          const target = jumpTarget(primitive);
          if (target === undefined) new PrimitiveCompiler(context, code, locals).compile(primitive);
          else {
            const jump = () => {
              if (target <= position) code.line(`if (++jumps > ${MAX_BACKWARD_JUMPS}) loopLimit();`);
              if (target >= primitives.length) code.line(`break ${label};`);
              else code.line(`P = ${target}; continue ${label};`);
            };
            if (primitive.operation === '_jump') jump();
            else {
              const expressions = new ExpressionCompiler(context.program, context.layout, code, locals);
              const condition = { kind: 'dataToBool', operand: data(primitive.arguments[0]!) } as const;
              code.block(`if (!${expressions.condition(condition)})`, jump);
            }
          }
          position++;
        } while (position < primitives.length && !targets.has(position));
      });
    }
    code.line(`break ${label};`);
  });
}
