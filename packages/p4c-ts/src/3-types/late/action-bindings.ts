// An action called directly has no control plane to set its directionless parameters: the call must.

import type { Checker } from '../check/checker.ts';
import { expressionText } from '../support/expression-text.ts';

/** Reports direct calls that leave a parameter without a value. */
export function checkActionBindings(c: Checker): void {
  for (const [node, call] of c.tables.calls) {
    if (call.kind !== 'action') continue;
    const bound = new Set(call.arguments.map((each) => each.parameter.name));
    for (const parameter of call.declaration.parameters) {
      if (bound.has(parameter.name.name)) continue;
      c.reporter.error(
        'uninitialized',
        node.span,
        `'${expressionText(node)}': parameter '${parameter.name.name}' gets no value`,
        {
          notes: [{ message: 'declared here', span: parameter.name.span }],
        },
      );
    }
  }
}
