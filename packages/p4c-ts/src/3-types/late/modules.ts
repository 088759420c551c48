// The program as a whole: `main` is a package, and what is instantiated where: a control cannot hold a parser.

import type * as ast from '../../2-parse/ast.ts';
import type { Checker } from '../check/checker.ts';
import { positionOf } from '../support/positions.ts';

/** `main` must be an instance of a package; a program without it is a library, which is worth a warning only. */
export function checkMain(c: Checker): void {
  const named = c.program.declarations.filter(
    (declaration) =>
      declaration.kind !== 'ErrorDeclaration' &&
      declaration.kind !== 'MatchKindDeclaration' &&
      declaration.name.name === 'main',
  );
  const main = named[0];
  if (main === undefined) {
    c.reporter.warn('missing', undefined, 'the program has no `main`: it is checked, but there is nothing to compile');
    return;
  }
  // A function may be called main: it is not the program then.
  if (main.kind === 'FunctionDeclaration') return;
  if (main.kind !== 'Instantiation') {
    c.reporter.error('invalid', positionOf(main), "'main' must be an instance of a package");
    return;
  }
  const type = c.tables.declarationTypes.get(main);
  if (type !== undefined && type.kind !== 'package') {
    c.reporter.error('expected', main.name.span, "'main' must be an instance of a package");
  }
}

/** Reports parsers instantiated in, or passed to, controls. */
export function checkModules(c: Checker): void {
  for (const declaration of c.program.declarations) {
    if (declaration.kind !== 'ControlDeclaration') continue;
    for (const local of declaration.locals) {
      if (local.kind !== 'Instantiation') continue;
      if (c.tables.declarationTypes.get(local)?.kind === 'parser') reject(c, local.name.span, declaration);
    }
  }
  for (const construction of c.tables.constructions.values()) {
    if (construction.target.kind !== 'control') continue;
    for (const { parameter, argument } of construction.arguments) {
      if (parameter.type.kind !== 'parser' || argument === undefined) continue;
      if (construction.target.declaration.kind === 'ControlDeclaration') {
        reject(c, parameter.declaration?.name.span ?? argument.value.span, construction.target.declaration);
      }
    }
  }
}

function reject(c: Checker, span: ast.NodeBase['span'], control: ast.ControlDeclaration): void {
  c.reporter.error('invalid', span, `control '${control.name.name}' cannot contain a parser`, {
    notes: [{ message: 'the control', span: control.name.span }],
  });
}
