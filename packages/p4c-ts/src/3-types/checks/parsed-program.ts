// What the grammar lets through and no program may contain: judged on the tree alone, before any name is resolved.
//
// Each rule is a few lines; the specification's section is named at the rule. They run together, over all nodes,
// because most of them ask "in what am I?" of a node at hand.

import type * as ast from '../../2-parse/ast.ts';
import type { Reporter } from '../../diagnostics/diagnostic.ts';
import { expressionText, typeText } from '../support/expression-text.ts';
import type { NodeList } from '../support/node-list.ts';
import { positionOf } from '../support/positions.ts';

/** Kinds of nodes that a rule is about. */
const RULED = [
  'Annotation',
  'Method',
  'StructField',
  'FunctionDeclaration',
  'VariableDeclaration',
  'ConstantDeclaration',
  'ParserState',
  'ParserDeclaration',
  'ControlDeclaration',
  'PackageTypeDeclaration',
  'ParserTypeDeclaration',
  'ControlTypeDeclaration',
  'TableDeclaration',
  'ConstructorCallExpression',
  'Instantiation',
  'SwitchStatement',
  'ReturnStatement',
  'ExitStatement',
  'BreakStatement',
  'ContinueStatement',
  'ListExpression',
  'SelectExpression',
  'TupleKeysetExpression',
  'IntegerLiteral',
  'BitsType',
  'VarbitType',
] as const;

type Ruled = Extract<ast.Node, { readonly kind: (typeof RULED)[number] }>;

/** Reports constructs in places where they may not stand, and declarations that contradict themselves. */
export function checkParsedProgram(program: ast.Program, all: NodeList, reporter: Reporter): void {
  for (const node of all.childrenFirstOfKind(...RULED)) checkNode(node, all, reporter);
  checkTopLevelNames(program, reporter);
}

function checkNode(node: Ruled, all: NodeList, reporter: Reporter): void {
  switch (node.kind) {
    case 'Annotation':
      checkAnnotationNames(node, all.parentOf(node), reporter);
      return;
    case 'Method':
      checkMethod(node, all.parentOf(node), reporter);
      return;
    case 'StructField':
      rejectUnderscore(node.name, 'field', reporter);
      return;
    case 'FunctionDeclaration':
      rejectUnderscore(node.name, 'function', reporter);
      return;
    case 'VariableDeclaration':
      rejectUnderscore(node.name, 'variable', reporter);
      return;
    case 'ConstantDeclaration':
      rejectUnderscore(node.name, 'constant', reporter);
      return;
    case 'ParserState':
      if (node.name.name === 'accept' || node.name.name === 'reject') {
        reporter.error(
          'invalid',
          node.name.span,
          `state '${node.name.name}' cannot be declared: every parser has it already`,
        );
      }
      return;
    case 'ParserDeclaration':
    case 'ControlDeclaration':
      if (node.kind === 'ParserDeclaration' && !node.states.some((state) => state.name.name === 'start')) {
        reporter.error('invalid', node.name.span, `parser '${node.name.name}' has no state 'start'`);
      }
      checkConstructorParameters(node.constructorParameters, reporter);
      checkDistinctLists(node.typeParameters, node.parameters, node.constructorParameters, reporter);
      return;
    case 'PackageTypeDeclaration':
      checkConstructorParameters(node.parameters, reporter);
      checkDistinctLists(node.typeParameters, [], node.parameters, reporter);
      return;
    case 'ParserTypeDeclaration':
    case 'ControlTypeDeclaration':
      checkDistinctLists(node.typeParameters, node.parameters, [], reporter);
      return;
    case 'TableDeclaration':
      if (!node.properties.some((property) => property.kind === 'ActionsProperty')) {
        reporter.error('expected', node.name.span, `table '${node.name.name}' needs an 'actions' property`, {
          suggestion: 'add `actions = { NoAction; }`',
        });
      }
      return;
    case 'ConstructorCallExpression':
      if (all.isInside(node, 'ActionDeclaration')) {
        reporter.error(
          'invalid',
          node.span,
          'an action cannot create instances: constructor calls are not allowed here',
        );
      }
      return;
    case 'Instantiation':
      checkInstantiation(node, all, reporter);
      return;
    case 'SwitchStatement':
      checkSwitchDefault(node, reporter);
      return;
    case 'ReturnStatement':
      if (all.isInside(node, 'ParserDeclaration') && !all.isInside(node, 'FunctionDeclaration')) {
        reporter.error('invalid', node.span, "'return' is not allowed in a parser");
      }
      return;
    case 'ExitStatement':
      if (all.isInside(node, 'ParserDeclaration')) {
        reporter.error('invalid', node.span, "'exit' is not allowed in a parser");
      } else if (all.isInside(node, 'FunctionDeclaration')) {
        reporter.error('invalid', node.span, "'exit' is not allowed in a function");
      }
      return;
    case 'BreakStatement':
    case 'ContinueStatement':
      if (!all.isInside(node, 'ForStatement') && !all.isInside(node, 'ForInStatement')) {
        const keyword = node.kind === 'BreakStatement' ? 'break' : 'continue';
        reporter.error('invalid', node.span, `'${keyword}' is only allowed in a 'for' loop`);
      }
      return;
    case 'ListExpression':
      for (const element of node.elements.slice(0, -1)) {
        if (element.kind === 'DotsExpression')
          reporter.error('invalid', element.span, "'...' must be the last element");
      }
      return;
    case 'SelectExpression':
      for (const key of node.keys.slice(0, -1)) {
        if (key.kind === 'DotsExpression') reporter.error('invalid', key.span, "'...' must be the last element");
      }
      return;
    case 'TupleKeysetExpression':
      for (const element of node.elements.slice(0, -1)) {
        if (element.kind === 'DotsExpression')
          reporter.error('invalid', element.span, "'...' must be the last element");
      }
      return;
    case 'IntegerLiteral':
      if (node.width === 0 && node.signed) {
        reporter.error('invalid', node.span, 'the width of a signed type cannot be zero');
      }
      return;
    case 'BitsType':
      checkLiteralWidth(node, node.width, node.signed ? 1n : 0n, reporter);
      return;
    case 'VarbitType':
      checkLiteralWidth(node, node.maxWidth, 0n, reporter);
      return;
  }
}

/** Widths written as a plain number are judged here; computed ones when constants are folded. */
function checkLiteralWidth(
  type: ast.BitsType | ast.VarbitType,
  width: ast.Expression | undefined,
  least: bigint,
  reporter: Reporter,
): void {
  if (width?.kind !== 'IntegerLiteral') return;
  if (width.value > 0x7fffffffn) {
    reporter.error('overlimit', width.span, `${width.value}: bit strings this wide are not supported`);
  } else if (width.value < least) {
    reporter.error('invalid', type.span, `${typeText(type)}: the width of a signed type cannot be zero`);
  }
}

function rejectUnderscore(name: ast.Identifier, what: string, reporter: Reporter): void {
  if (name.name === '_') reporter.error('invalid', name.span, `'_' cannot be the name of a ${what}`);
}

function checkMethod(method: ast.Method, parent: ast.Node | undefined, reporter: Reporter): void {
  rejectUnderscore(method.name, 'method', reporter);
  if (parent?.kind !== 'ExternDeclaration') return;
  const ownName = method.name.name === parent.name.name;
  if (ownName && method.returnType !== undefined) {
    reporter.error('invalid', method.name.span, `constructor '${method.name.name}' cannot have a return type`);
  }
  if (method.returnType !== undefined) return;
  if (!ownName) {
    reporter.error('invalid', method.name.span, `method '${method.name.name}' has no return type`, {
      suggestion: `write 'void ${method.name.name}(...)', or '${parent.name.name}(...)' for a constructor`,
    });
    return;
  }
  checkConstructorParameters(method.parameters, reporter);
}

function checkConstructorParameters(parameters: readonly ast.Parameter[], reporter: Reporter): void {
  for (const parameter of parameters) {
    if (parameter.direction === 'none') continue;
    reporter.error(
      'invalid',
      parameter.name.span,
      `constructor parameter '${parameter.name.name}' cannot have a direction ('${parameter.direction}')`,
    );
  }
}

function checkDistinctLists(
  typeParameters: readonly ast.TypeParameter[],
  parameters: readonly ast.Parameter[],
  constructorParameters: readonly ast.Parameter[],
  reporter: Reporter,
): void {
  const seen = new Map<string, ast.Identifier>();
  for (const { name } of typeParameters) seen.set(name.name, name);
  for (const { name } of [...parameters, ...constructorParameters]) {
    const previous = seen.get(name.name);
    if (previous === undefined) seen.set(name.name, name);
    else {
      reporter.error('duplicate', previous.span, `'${name.name}' names two parameters`, {
        notes: [{ message: 'the other one is here', span: name.span }],
      });
    }
  }
}

function checkInstantiation(node: ast.Instantiation, all: NodeList, reporter: Reporter): void {
  let type = node.type;
  while (type.kind === 'ArrayType') type = type.element;
  if (type.kind !== 'NamedType' && type.kind !== 'SpecializedType') {
    reporter.error('invalid', type.span, `'${typeText(type)}' cannot be instantiated`);
  }
  rejectUnderscore(node.name, 'instance', reporter);
  const report = (where: string): void => {
    reporter.error('invalid', node.name.span, `'${node.name.name}' cannot be instantiated in ${where}`, {
      suggestion: 'move the instantiation to the declarations of the control or parser around it',
    });
  };
  const inInitializer = all.isInside(node, 'Instantiation');
  if (all.isInside(node, 'BlockStatement') && all.isInside(node, 'ControlDeclaration') && !inInitializer) {
    report("a control's 'apply' block");
  }
  if (all.isInside(node, 'ParserState')) report('a parser state');
  if (all.isInside(node, 'FunctionDeclaration') || all.isInside(node, 'Method')) report('a function or method');
  if (all.isInside(node, 'ActionDeclaration')) report('an action');
}

function checkSwitchDefault(node: ast.SwitchStatement, reporter: Reporter): void {
  const position = node.cases.findIndex((each) => each.label.kind === 'DefaultExpression');
  if (position === -1 || position === node.cases.length - 1) return;
  const next = node.cases[position + 1]!;
  const message =
    next.label.kind === 'DefaultExpression'
      ? "'switch' has more than one 'default'"
      : `label '${expressionText(next.label)}' follows 'default', which must be the last`;
  reporter.error('invalid', node.span, message, { notes: [{ message: 'here', span: next.label.span }] });
}

/** Compares the names of all annotations of a node, once: at the last of them. */
function checkAnnotationNames(last: ast.Annotation, owner: ast.Node | undefined, reporter: Reporter): void {
  const annotations = owner !== undefined && 'annotations' in owner ? owner.annotations : [];
  if (annotations.length < 2 || annotations.at(-1) !== last) return;
  const seen = new Map<string, boolean>();
  for (const annotation of annotations) {
    const structured = annotation.body.kind !== 'Unstructured';
    const previous = seen.get(annotation.name.name);
    if (previous === undefined) seen.set(annotation.name.name, structured);
    else if (previous || structured) {
      reporter.error(
        'duplicate',
        annotation.span,
        `structured annotation '@${annotation.name.name}' can be given only once`,
      );
    }
  }
}

function checkTopLevelNames(program: ast.Program, reporter: Reporter): void {
  const seen = new Map<string, ast.TopLevelDeclaration>();
  for (const declaration of program.declarations) {
    if (declaration.kind === 'ErrorDeclaration' || declaration.kind === 'MatchKindDeclaration') continue;
    const name = declaration.name.name;
    const previous = seen.get(name);
    if (previous === undefined) {
      seen.set(name, declaration);
      continue;
    }
    if (mayOverload(previous, declaration)) continue;
    reporter.error('duplicate', positionOf(declaration), `'${name}' is declared twice`, {
      notes: [{ message: 'first declared here', span: positionOf(previous) }],
    });
  }
}

/** Functions overload functions, and extern functions extern functions; containers may share a name with their kind. */
function mayOverload(first: ast.TopLevelDeclaration, second: ast.TopLevelDeclaration): boolean {
  if (first.kind !== second.kind) return false;
  switch (first.kind) {
    case 'FunctionDeclaration':
      return first.isExtern === (second as ast.FunctionDeclaration).isExtern;
    case 'ParserDeclaration':
    case 'ControlDeclaration':
    case 'PackageTypeDeclaration':
      return true;
    default:
      return false;
  }
}
