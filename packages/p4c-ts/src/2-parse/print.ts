/**
 * Syntax tree to P4 text, for `--dump-after=parse` and for tests: what is printed parses to the same tree again. The
 * output is canonical (one layout, no comments, parentheses only where precedence needs them), so two programs that
 * differ only in layout print alike.
 */
import { assertNever } from '../diagnostics/diagnostic.ts';
import type * as ast from './ast.ts';
import { expressionText, typeText } from './print-expressions.ts';

/** The whole program, each declaration on lines of its own. */
export function printProgram(program: ast.Program): string {
  const printer = new Printer();
  for (const declaration of program.declarations) printer.topLevel(declaration);
  return printer.text();
}

/** One statement, with its nested ones. */
export function printStatement(statement: ast.Statement): string {
  const printer = new Printer();
  printer.statement(statement);
  return printer.text();
}

class Printer {
  private readonly lines: string[] = [];
  private indent = 0;

  text(): string {
    return this.lines.length === 0 ? '' : `${this.lines.join('\n')}\n`;
  }

  topLevel(node: ast.TopLevelDeclaration): void {
    switch (node.kind) {
      case 'ConstantDeclaration':
      case 'Instantiation':
        this.local(node);
        return;
      case 'ActionDeclaration':
        this.local(node);
        return;
      case 'FunctionDeclaration':
        this.functionDeclaration(node);
        return;
      case 'ExternDeclaration':
        this.braces(
          `${annotations(node)}extern ${node.name.name}${typeParameters(node.typeParameters)}`,
          node.methods,
          (method) => this.method(method),
        );
        return;
      case 'ParserTypeDeclaration':
      case 'ControlTypeDeclaration':
      case 'PackageTypeDeclaration': {
        const words = {
          ParserTypeDeclaration: 'parser',
          ControlTypeDeclaration: 'control',
          PackageTypeDeclaration: 'package',
        };
        this.line(`${annotations(node)}${words[node.kind]} ${head(node)};`);
        return;
      }
      case 'ParserDeclaration':
        this.block(`${annotations(node)}parser ${head(node)}${constructorParameters(node)}`, () => {
          for (const local of node.locals) this.local(local);
          for (const state of node.states) this.state(state);
        });
        return;
      case 'ControlDeclaration':
        this.block(`${annotations(node)}control ${head(node)}${constructorParameters(node)}`, () => {
          for (const local of node.locals) this.local(local);
          this.blockStatement('apply ', node.body);
        });
        return;
      case 'ErrorDeclaration':
      case 'MatchKindDeclaration': {
        const word = node.kind === 'ErrorDeclaration' ? 'error' : 'match_kind';
        this.line(`${word} { ${node.members.map((member) => member.name.name).join(', ')} }`);
        return;
      }
      case 'HeaderDeclaration':
      case 'HeaderUnionDeclaration':
      case 'StructDeclaration':
      case 'EnumDeclaration':
      case 'SerializableEnumDeclaration':
        this.derivedType(node, '');
        return;
      case 'TypedefDeclaration':
        switch (node.type.kind) {
          case 'HeaderDeclaration':
          case 'HeaderUnionDeclaration':
          case 'StructDeclaration':
          case 'EnumDeclaration':
          case 'SerializableEnumDeclaration':
            this.derivedType(node.type, ` ${node.name.name};`, `${annotations(node)}typedef `);
            return;
          default:
            this.line(`${annotations(node)}typedef ${typeText(node.type)} ${node.name.name};`);
            return;
        }
      case 'NewtypeDeclaration':
        this.line(`${annotations(node)}type ${typeText(node.type)} ${node.name.name};`);
        return;
      default:
        assertNever(node, 'printing a declaration');
    }
  }

  statement(node: ast.Statement): void {
    switch (node.kind) {
      case 'AssignmentStatement':
        this.line(`${assignmentText(node)};`);
        return;
      case 'CallStatement':
        this.line(`${expressionText(node.call)};`);
        return;
      case 'EmptyStatement':
        this.line(';');
        return;
      case 'BlockStatement':
        this.blockStatement('', node);
        return;
      case 'IfStatement': {
        this.body(`${annotations(node)}if (${expressionText(node.condition)})`, node.thenStatement);
        if (node.elseStatement !== undefined) this.body('else', node.elseStatement);
        return;
      }
      case 'SwitchStatement':
        this.braces(`${annotations(node)}switch (${expressionText(node.expression)})`, node.cases, (item) => {
          const label = `${expressionText(item.label)}:`;
          if (item.body === undefined) this.line(label);
          else this.blockStatement(`${label} `, item.body);
        });
        return;
      case 'ForStatement': {
        const init = node.init.map((item) =>
          item.kind === 'VariableDeclaration' ? variableText(item) : simpleText(item),
        );
        const update = node.update.map(simpleText);
        const loop = `for (${init.join(', ')}; ${expressionText(node.condition)}; ${update.join(', ')})`;
        this.body(`${annotations(node)}${loop}`, node.body);
        return;
      }
      case 'ForInStatement': {
        const loop = `for (${variableText(node.variable)} in ${expressionText(node.collection)})`;
        this.body(`${annotations(node)}${loop}`, node.body);
        return;
      }
      case 'ReturnStatement':
        this.line(node.value === undefined ? 'return;' : `return ${expressionText(node.value)};`);
        return;
      case 'ExitStatement':
        this.line('exit;');
        return;
      case 'BreakStatement':
        this.line('break;');
        return;
      case 'ContinueStatement':
        this.line('continue;');
        return;
      case 'VariableDeclaration':
      case 'ConstantDeclaration':
      case 'Instantiation':
        this.local(node);
        return;
      default:
        assertNever(node, 'printing a statement');
    }
  }

  private local(node: ast.ParserDeclaration['locals'][number] | ast.ControlDeclaration['locals'][number]): void {
    switch (node.kind) {
      case 'ConstantDeclaration':
        this.line(
          `${annotations(node)}const ${typeText(node.type)} ${node.name.name} = ${expressionText(node.value)};`,
        );
        return;
      case 'VariableDeclaration':
        this.line(`${variableText(node)};`);
        return;
      case 'Instantiation': {
        const text = `${annotations(node)}${typeText(node.type)}(${argumentsText(node.arguments)}) ${node.name.name}`;
        const members = node.initializer;
        if (members === undefined) {
          this.line(`${text};`);
          return;
        }
        this.block(
          `${text} =`,
          () => {
            for (const member of members) {
              if (member.kind === 'Instantiation') this.local(member);
              else this.functionDeclaration(member);
            }
          },
          ';',
        );
        return;
      }
      case 'ValueSetDeclaration':
        this.line(
          `${annotations(node)}value_set<${typeText(node.elementType)}>(${expressionText(node.size)}) ${node.name.name};`,
        );
        return;
      case 'ActionDeclaration':
        this.blockStatement(
          `${annotations(node)}action ${node.name.name}(${parametersText(node.parameters)}) `,
          node.body,
        );
        return;
      case 'TableDeclaration':
        this.braces(`${annotations(node)}table ${node.name.name}`, node.properties, (item) => this.property(item));
        return;
      default:
        assertNever(node, 'printing a local declaration');
    }
  }

  private functionDeclaration(node: ast.FunctionDeclaration): void {
    const text = `${annotations(node)}${node.isExtern ? 'extern ' : ''}${typeText(node.returnType)} ${head(node)}`;
    if (node.body === undefined) this.line(`${text};`);
    else this.blockStatement(`${text} `, node.body);
  }

  private method(node: ast.Method): void {
    const returnType = node.returnType === undefined ? '' : `${typeText(node.returnType)} `;
    this.line(`${annotations(node)}${node.isAbstract ? 'abstract ' : ''}${returnType}${head(node)};`);
  }

  private state(node: ast.ParserState): void {
    this.block(`${annotations(node)}state ${node.name.name}`, () => {
      for (const statement of node.statements) this.statement(statement);
      if (node.transition === undefined) return;
      if (node.transition.kind === 'PathExpression') {
        this.line(`transition ${node.transition.name.name};`);
        return;
      }
      const keys = node.transition.keys.map((key) => expressionText(key)).join(', ');
      this.braces(`transition select(${keys})`, node.transition.cases, (item) =>
        this.line(`${expressionText(item.keyset)}: ${item.state.name.name};`),
      );
    });
  }

  private property(node: ast.TableProperty): void {
    switch (node.kind) {
      case 'KeyProperty':
        this.braces('key =', node.elements, (item) => {
          const after = item.annotations.length === 0 ? '' : ` ${annotations(item).trimEnd()}`;
          this.line(`${expressionText(item.expression)}: ${item.matchKind.name.name}${after};`);
        });
        return;
      case 'ActionsProperty':
        this.braces('actions =', node.actions, (item) =>
          this.line(`${annotations(item)}${expressionText(item.action)};`),
        );
        return;
      case 'EntriesProperty':
        this.braces(`${annotations(node)}${node.isConst ? 'const ' : ''}entries =`, node.entries, (item) => {
          const priority = item.priority === undefined ? '' : `priority=(${expressionText(item.priority)}): `;
          const after = item.annotations.length === 0 ? '' : ` ${annotations(item).trimEnd()}`;
          const start = `${item.isConst ? 'const ' : ''}${priority}${expressionText(item.keyset)}`;
          this.line(`${start}: ${expressionText(item.action.action)}${after};`);
        });
        return;
      case 'CustomProperty':
        this.line(
          `${annotations(node)}${node.isConst ? 'const ' : ''}${node.name.name} = ${expressionText(node.value)};`,
        );
        return;
      default:
        assertNever(node, 'printing a table property');
    }
  }

  private derivedType(node: Exclude<ast.TypedefDeclaration['type'], ast.TypeNode>, end: string, start = ''): void {
    const before = `${start}${annotations(node)}`;
    switch (node.kind) {
      case 'HeaderDeclaration':
      case 'HeaderUnionDeclaration':
      case 'StructDeclaration': {
        const words = {
          HeaderDeclaration: 'header',
          HeaderUnionDeclaration: 'header_union',
          StructDeclaration: 'struct',
        };
        const title = `${before}${words[node.kind]} ${node.name.name}${typeParameters(node.typeParameters)}`;
        this.braces(
          title,
          node.fields,
          (field) => this.line(`${annotations(field)}${typeText(field.type)} ${field.name.name};`),
          end,
        );
        return;
      }
      case 'EnumDeclaration':
        this.braces(
          `${before}enum ${node.name.name}`,
          node.members,
          (member) => this.line(`${member.name.name},`),
          end,
        );
        return;
      case 'SerializableEnumDeclaration':
        this.braces(
          `${before}enum ${typeText(node.underlyingType)} ${node.name.name}`,
          node.members,
          (member) =>
            this.line(`${member.name.name}${member.value === undefined ? '' : ` = ${expressionText(member.value)}`},`),
          end,
        );
        return;
      default:
        assertNever(node, 'printing a type');
    }
  }

  /** A branch or loop body: always in braces, so that `else` cannot change sides. */
  private body(title: string, statement: ast.Statement): void {
    if (statement.kind === 'BlockStatement') this.blockStatement(`${title} `, statement);
    else if (statement.kind === 'IfStatement' && title === 'else' && statement.annotations.length === 0) {
      const at = this.lines.length;
      this.statement(statement);
      this.lines[at] = `${'    '.repeat(this.indent)}else ${(this.lines[at] ?? '').trimStart()}`;
    } else this.block(title, () => this.statement(statement));
  }

  private blockStatement(title: string, node: ast.BlockStatement): void {
    this.block(`${title}${annotations(node)}`.trimEnd(), () => {
      for (const statement of node.statements) this.statement(statement);
    });
  }

  private braces<T>(title: string, items: readonly T[], print: (item: T) => void, end = ''): void {
    this.block(
      title,
      () => {
        for (const item of items) print(item);
      },
      end,
    );
  }

  private block(title: string, content: () => void, end = ''): void {
    this.line(title === '' ? '{' : `${title} {`);
    this.indent += 1;
    content();
    this.indent -= 1;
    this.line(`}${end}`);
  }

  private line(text: string): void {
    this.lines.push(`${'    '.repeat(this.indent)}${text}`);
  }
}

function annotations(node: { readonly annotations: readonly ast.Annotation[] }): string {
  return node.annotations.map((annotation) => `${annotationText(annotation)} `).join('');
}

function annotationText(node: ast.Annotation): string {
  const { body } = node;
  switch (body.kind) {
    case 'Unstructured':
      return body.tokens.length === 0
        ? `@${node.name.name}`
        : `@${node.name.name}(${body.tokens.map((token) => token.raw).join(' ')})`;
    case 'ExpressionList':
      return `@${node.name.name}[${body.expressions.map((item) => expressionText(item)).join(', ')}]`;
    case 'KeyValueList':
      return `@${node.name.name}[${body.pairs.map((pair) => `${pair.name.name} = ${expressionText(pair.value)}`).join(', ')}]`;
    default:
      return assertNever(body, 'printing an annotation');
  }
}

function head(node: {
  readonly name: ast.Identifier;
  readonly typeParameters: readonly ast.TypeParameter[];
  readonly parameters: readonly ast.Parameter[];
}): string {
  return `${node.name.name}${typeParameters(node.typeParameters)}(${parametersText(node.parameters)})`;
}

function typeParameters(parameters: readonly ast.TypeParameter[]): string {
  return parameters.length === 0 ? '' : `<${parameters.map((parameter) => parameter.name.name).join(', ')}>`;
}

function constructorParameters(node: { readonly constructorParameters: readonly ast.Parameter[] }): string {
  return node.constructorParameters.length === 0 ? '' : `(${parametersText(node.constructorParameters)})`;
}

function parametersText(parameters: readonly ast.Parameter[]): string {
  return parameters
    .map((parameter) => {
      const direction = parameter.direction === 'none' ? '' : `${parameter.direction} `;
      const value = parameter.defaultValue === undefined ? '' : ` = ${expressionText(parameter.defaultValue)}`;
      return `${annotations(parameter)}${direction}${typeText(parameter.type)} ${parameter.name.name}${value}`;
    })
    .join(', ');
}

function argumentsText(args: readonly ast.Argument[]): string {
  return args
    .map((item) => `${item.name === undefined ? '' : `${item.name.name} = `}${expressionText(item.value)}`)
    .join(', ');
}

function variableText(node: ast.VariableDeclaration): string {
  const value = node.initializer === undefined ? '' : ` = ${expressionText(node.initializer)}`;
  return `${annotations(node)}${typeText(node.type)} ${node.name.name}${value}`;
}

function assignmentText(node: ast.AssignmentStatement): string {
  return `${expressionText(node.target)} ${node.operator ?? ''}= ${expressionText(node.value)}`;
}

function simpleText(node: ast.AssignmentStatement | ast.CallStatement): string {
  return node.kind === 'AssignmentStatement' ? assignmentText(node) : expressionText(node.call);
}
