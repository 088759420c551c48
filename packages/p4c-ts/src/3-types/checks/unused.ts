// Declarations that nothing refers to. A reference counts wherever it stands, also in code that is unused itself: one
// look, so that removing what is reported may bring up more. Files of the system (core.p4, the architecture) are
// exempt, and so are structures, enums, externs and parser states, which often are part of a larger interface.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import type { FileId } from '../../diagnostics/span.ts';
import type { ResolvedNames } from '../resolve/resolve-names.ts';
import { isSilenced } from '../support/no-warn.ts';
import type { NodeList } from '../support/node-list.ts';
import type { BuiltInState } from '../typed-program.ts';

/** Kinds of declarations that are worth a warning. */
const LOOKED_AT = [
  'ControlDeclaration',
  'ControlTypeDeclaration',
  'ParserDeclaration',
  'ParserTypeDeclaration',
  'PackageTypeDeclaration',
  'TableDeclaration',
  'ActionDeclaration',
  'VariableDeclaration',
  'ConstantDeclaration',
  'Instantiation',
  'FunctionDeclaration',
  'TypedefDeclaration',
  'NewtypeDeclaration',
  'ValueSetDeclaration',
  'Parameter',
  'TypeParameter',
] as const;

/** Warns about unused declarations in files for which `isSystemFile` is false. */
export function warnAboutUnused(
  all: NodeList,
  names: ResolvedNames,
  reporter: Reporter,
  isSystemFile: (file: FileId) => boolean,
): void {
  const used: ReadonlySet<ast.Node | BuiltInState> = names.used;
  const warn = (node: ast.Node & { readonly name: ast.Identifier }, what: string): void => {
    const { name } = node;
    if (used.has(node) || isSilenced(node, 'unused')) return;
    if (isSystemFile(name.span.file) || name.name.startsWith('__')) return;
    reporter.warn('unused', name.span, `${what} '${name.name}' is unused`);
  };
  for (const node of all.ofKind(...LOOKED_AT)) {
    switch (node.kind) {
      case 'ControlDeclaration':
      case 'ControlTypeDeclaration':
        warn(node, 'control');
        break;
      case 'ParserDeclaration':
      case 'ParserTypeDeclaration':
        warn(node, 'parser');
        break;
      case 'PackageTypeDeclaration':
        warn(node, 'package');
        break;
      case 'TableDeclaration':
        warn(node, 'table');
        break;
      case 'ActionDeclaration':
        warn(node, 'action');
        break;
      case 'VariableDeclaration':
        if (all.parentOf(node)?.kind !== 'ForInStatement') warn(node, 'variable');
        break;
      case 'ConstantDeclaration':
        if (!isAssertion(node.value)) warn(node, 'constant');
        break;
      case 'Instantiation':
        if (node.name.name !== 'main' || all.parentOf(node)?.kind !== 'Program') warn(node, 'instance');
        break;
      case 'FunctionDeclaration':
        if (!node.isExtern && all.parentOf(node)?.kind !== 'Instantiation') warn(node, 'function');
        break;
      case 'TypedefDeclaration':
      case 'NewtypeDeclaration':
        warn(node, 'type');
        break;
      case 'ValueSetDeclaration':
        warn(node, 'value_set');
        break;
      case 'Parameter':
        // Only an action's are free to choose: the others belong to an interface.
        if (all.parentOf(node)?.kind === 'ActionDeclaration') warn(node, 'parameter');
        break;
      case 'TypeParameter':
        if (!ownedByInterface(all.parentOf(node))) warn(node, 'type parameter');
        break;
    }
  }
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
