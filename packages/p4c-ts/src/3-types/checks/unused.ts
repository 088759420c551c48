// Declarations that nothing refers to. A reference counts wherever it stands, also in code that is unused itself: one
// look, so that removing what is reported may bring up more. Files of the system (core.p4, the architecture) are exempt,
// and so are structures, enums, externs and parser states, which often are part of a larger interface.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import type { FileId } from '../../diagnostics/span.ts';
import type { ResolvedNames } from '../resolve/resolve-names.ts';
import { isSilenced } from '../support/no-warn.ts';
import type { NodeList } from '../support/node-list.ts';

/** Warns about unused declarations in files for which `isSystemFile` is false. */
export function warnAboutUnused(
  all: NodeList,
  names: ResolvedNames,
  reporter: Reporter,
  isSystemFile: (file: FileId) => boolean,
): void {
  const used = new Set<unknown>(names.paths.values());
  for (const declaration of names.typeNames.values()) used.add(declaration);
  const warn = (name: ast.Identifier, what: string): void => {
    if (isSystemFile(name.span.file) || name.name.startsWith('__')) return;
    reporter.warn('unused', name.span, `${what} '${name.name}' is unused`);
  };
  all.nodes.forEach((node, index) => {
    const parent = all.parents[index];
    if (used.has(node) || isSilenced(node, 'unused')) return;
    switch (node.kind) {
      case 'ControlDeclaration':
      case 'ControlTypeDeclaration':
        warn(node.name, 'control');
        return;
      case 'ParserDeclaration':
      case 'ParserTypeDeclaration':
        warn(node.name, 'parser');
        return;
      case 'PackageTypeDeclaration':
        warn(node.name, 'package');
        return;
      case 'TableDeclaration':
        warn(node.name, 'table');
        return;
      case 'ActionDeclaration':
        warn(node.name, 'action');
        return;
      case 'VariableDeclaration':
        if (parent?.kind !== 'ForInStatement') warn(node.name, 'variable');
        return;
      case 'ConstantDeclaration':
        if (!isAssertion(node.value)) warn(node.name, 'constant');
        return;
      case 'Instantiation':
        if (node.name.name !== 'main' || parent?.kind !== 'Program') warn(node.name, 'instance');
        return;
      case 'FunctionDeclaration':
        if (!node.isExtern && parent?.kind !== 'Instantiation') warn(node.name, 'function');
        return;
      case 'TypedefDeclaration':
      case 'NewtypeDeclaration':
        warn(node.name, 'type');
        return;
      case 'ValueSetDeclaration':
        warn(node.name, 'value_set');
        return;
      case 'Parameter':
        // Only an action's are free to choose: the others belong to an interface.
        if (parent?.kind === 'ActionDeclaration') warn(node.name, 'parameter');
        return;
      case 'TypeParameter':
        if (!ownedByInterface(parent)) warn(node.name, 'type parameter');
        return;
      default:
        return;
    }
  });
}

function isAssertion(value: ast.Expression): boolean {
  return (
    value.kind === 'CallExpression' &&
    value.callee.kind === 'PathExpression' &&
    value.callee.name.name === 'static_assert'
  );
}

/** Type parameters of controls and parsers with a body are not looked at. */
function ownedByInterface(owner: ast.Node | undefined): boolean {
  return owner?.kind === 'ControlDeclaration' || owner?.kind === 'ParserDeclaration' || owner?.kind === 'Method';
}
