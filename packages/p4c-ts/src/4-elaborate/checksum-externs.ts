/**
 * Calls of v1model's checksum externs (`verify_checksum`, `update_checksum` and their kin with payload): BMv2 knows
 * them not as instructions but as calculations over field lists, so each call becomes one of those.
 */
import type { MatchedArgument, ResolvedCall } from '../3-types/typed-program.ts';
import type * as ir from '../5-lower/ir.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/span.ts';
import type { Body, Scope } from './body.ts';
import { hashAlgorithm } from './construct.ts';
import { CannotElaborate, notOnTarget } from './context.ts';
import { evaluate } from './expressions.ts';
import { fieldListItems } from './externs.ts';
import * as operations from './value-operations.ts';
import type { Value } from './values.ts';

export function checksum(
  body: Body,
  scope: Scope,
  call: ResolvedCall & { kind: 'function' },
  name: string,
  span: Span,
): void {
  const isVerification = name.startsWith('verify');
  if (body.kind !== (isVerification ? 'verify' : 'compute')) {
    notOnTarget(
      span,
      `${name} can be called in the ${isVerification ? 'checksum verification' : 'checksum computation'} control only`,
    );
  }
  const [conditionArgument, dataArgument, checksumArgument, algorithmArgument] = call.arguments;
  const argumentValue = (matched: MatchedArgument | undefined): Value => {
    if (matched?.argument === undefined) throw new InternalError(`${name} without an argument`, span);
    return evaluate(body, scope, matched.argument.value);
  };
  const condition = operations.expressionOf(argumentValue(conditionArgument), span);
  const items = fieldListItems(body, argumentValue(dataArgument), span);
  for (const item of items) {
    if (item.kind === 'expression' && !isFieldOrConstant(item.expression)) {
      throw new CannotElaborate(
        'unsupported',
        span,
        `computations are not supported in ${name}`,
        'compute the value in the egress control and keep it in metadata',
      );
    }
  }
  const target = operations.placeOf(argumentValue(checksumArgument));
  if (target === undefined || (target.kind === 'field' && target.header.kind !== 'instance')) {
    throw new CannotElaborate('unsupported', span, `the checksum of ${name} must be a field`);
  }
  const algorithm = argumentValue(algorithmArgument);
  if (algorithm.kind !== 'scalar' || algorithm.symbol === undefined) {
    throw new CannotElaborate('expected', span, 'the algorithm must be a constant');
  }
  body.checksums.push({
    isVerification,
    condition,
    items,
    withPayload: name.endsWith('_with_payload'),
    target,
    algorithm: algorithm.symbol === 'csum16' ? 'csum16' : hashAlgorithm(algorithm.symbol, span),
    span,
  });
}

function isFieldOrConstant(expression: ir.Expression): boolean {
  if (expression.kind === 'constant') return true;
  return (
    expression.kind === 'read' && (expression.place.kind === 'variable' || expression.place.header.kind === 'instance')
  );
}
