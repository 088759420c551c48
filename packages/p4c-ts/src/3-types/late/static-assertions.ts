// `static_assert(condition, message)`: evaluated at compile time; false is an error with the message given.

import type { Checker } from '../check/checker.ts';
import { expressionText } from '../support/expression-text.ts';

/** Evaluates all static assertions. */
export function checkStaticAssertions(c: Checker): void {
  for (const [node, call] of c.tables.calls) {
    if (call.kind !== 'function' || !call.declaration.isExtern || call.declaration.name.name !== 'static_assert')
      continue;
    const condition = call.arguments[0]?.argument;
    if (condition === undefined) {
      c.reporter.warn('invalid', node.span, 'static_assert without a condition');
      continue;
    }
    const value = c.folder.convertedValueOf(condition.value);
    if (value?.kind !== 'bool') {
      c.reporter.error(
        'unexpected',
        condition.span,
        `'${expressionText(condition.value)}' is not known at compile time, so it cannot be asserted`,
      );
    } else if (!value.value) {
      const second = call.arguments[1]?.argument;
      const message = second === undefined ? undefined : c.folder.valueOf(second.value);
      c.reporter.error('expected', node.span, message?.kind === 'string' ? message.value : 'static_assert failed', {
        notes: [{ message: `'${expressionText(condition.value)}' is false`, span: condition.span }],
      });
    }
  }
}
