// Follows the statements of a block and warns where a value is read that may never have been written, or a field of a
// header that may not be valid. Actions are followed into where they are called; a table is the join of its actions;
// functions and other blocks are looked at on their own, a call of them writes its `out` arguments.
//
// The warnings are p4c's, the analysis is our own and simpler: what it cannot follow counts as written and valid, so it
// stays silent rather than cry wolf. Branches that a constant condition rules out are not followed.

import type * as ast from '../../../2-parse/ast.ts';
import type { Checker } from '../../check/checker.ts';
import { expressionText } from '../../support/expression-text.ts';
import type { MatchedArgument } from '../../typed-program.ts';
import { isStructure } from '../../types.ts';
import { Facts, type Validity } from './facts.ts';
import { callBuiltIn, excludeOthers } from './header-validity.ts';
import type { Layouts } from './layouts.ts';
import { isPlainPath, type Place, Places } from './places.ts';
import { Warnings } from './warnings.ts';

/** Most statements followed in one block: calls by actions, and loops in loops, multiply. Beyond it all is silent. */
const STATEMENT_LIMIT = 100_000;

/** One walk over one block. */
export class InitializationAnalysis {
  facts = new Facts();
  /** False while loops and parser states are run for their facts only. */
  reporting = true;
  /** Facts at each `return`. */
  returned: Facts | undefined;
  private statementsFollowed = 0;
  private readonly c: Checker;
  private readonly following = new Set<ast.Node>();
  private readonly places: Places;
  private readonly warnings: Warnings;

  constructor(c: Checker, layouts: Layouts) {
    this.c = c;
    this.places = new Places(c, layouts);
    this.warnings = new Warnings(c.reporter);
  }

  /** Runs a part of the walk that belongs to the node, whose annotations may turn warnings off. */
  within(node: ast.Node, run: () => void): void {
    this.warnings.within(node, run);
  }

  /** Enters a parameter. */
  parameter(node: ast.Parameter): void {
    const place = this.places.enter(node);
    if (place === undefined) return;
    if (node.direction === 'out') this.facts.declare(place);
    else this.write(place);
  }

  /** Warns when an out parameter may be left without a value. */
  checkOut(node: ast.Parameter, owner: string, facts: Facts): void {
    if (node.direction !== 'out' || facts.unreachable || this.gaveUp) return;
    const place = this.places.enter(node);
    if (place === undefined || facts.lackingOutsideHeadersOf(place) === 0) return;
    this.warnings.warn(
      'uninitialized-out-param',
      node.name.span,
      `out parameter '${node.name.name}' may have no value when '${owner}' ends`,
    );
  }

  private get gaveUp(): boolean {
    return this.statementsFollowed > STATEMENT_LIMIT;
  }

  // -------------------------------------------------------------------------------------------------- statements

  statements(nodes: readonly ast.Statement[]): void {
    const before = this.facts.askedSoFar();
    for (const node of nodes) this.statement(node);
    this.facts.restoreAsked(before);
  }

  declaration(node: ast.VariableDeclaration): void {
    if (node.initializer !== undefined) this.read(node.initializer);
    const place = this.places.enter(node);
    if (place === undefined) return;
    this.facts.declare(place);
    if (node.initializer !== undefined) this.assign(place, node.initializer);
  }

  private statement(node: ast.Statement): void {
    this.statementsFollowed += 1;
    if (this.facts.unreachable || this.gaveUp) return;
    switch (node.kind) {
      case 'VariableDeclaration':
        this.declaration(node);
        return;
      case 'AssignmentStatement': {
        this.read(node.value);
        if (node.operator !== undefined) this.read(node.target);
        this.readIndexes(node.target);
        const place = this.places.at(node.target);
        if (place === undefined) return;
        this.checkHeader(node.target, place);
        if (!place.exact) this.checkChosen(node.target);
        this.assign(place, node.value, node.target);
        return;
      }
      case 'CallStatement':
        this.read(node.call);
        return;
      case 'BlockStatement':
        if (node.annotations.length === 0) this.statements(node.statements);
        else this.within(node, () => this.statements(node.statements));
        return;
      case 'IfStatement':
        this.ifStatement(node);
        return;
      case 'SwitchStatement':
        this.switchStatement(node);
        return;
      case 'ForStatement':
      case 'ForInStatement':
        this.loopStatement(node);
        return;
      case 'ReturnStatement':
        if (node.value !== undefined) this.read(node.value);
        this.returned = this.returned === undefined ? this.facts.clone() : this.returned.join(this.facts);
        this.facts.unreachable = true;
        return;
      case 'ExitStatement':
      case 'BreakStatement':
      case 'ContinueStatement':
        this.facts.unreachable = true;
        return;
      default:
        return;
    }
  }

  // What needs functions for its paths is apart from `statement`: inside it they would cost every statement something.

  private ifStatement(node: ast.IfStatement): void {
    const constant = this.constantOf(node.condition);
    if (constant === undefined) this.read(node.condition);
    const whenTrue = () => this.statement(node.thenStatement);
    const whenFalse = () => node.elseStatement !== undefined && this.statement(node.elseStatement);
    if (constant === undefined) this.branch([whenTrue, whenFalse]);
    else if (constant) whenTrue();
    else whenFalse();
  }

  private switchStatement(node: ast.SwitchStatement): void {
    this.read(node.expression);
    // Which case a constant chooses is not looked into: any of them may stand for it.
    if (this.c.isCompileTime(node.expression)) {
      const outer = this.reporting;
      this.reporting = false;
      this.branch(
        node.cases.map(
          ({ body }) =>
            () =>
              body !== undefined && this.statement(body),
        ),
      );
      this.reporting = outer;
      return;
    }
    const paths = node.cases.flatMap(({ body }) => (body === undefined ? [] : [() => this.statement(body)]));
    const complete = node.cases.some((each) => each.label.kind === 'DefaultExpression');
    this.branch(complete ? paths : [...paths, () => undefined]);
  }

  private loopStatement(node: ast.ForStatement | ast.ForInStatement): void {
    if (node.kind === 'ForStatement') {
      for (const each of node.init) this.statement(each);
      this.read(node.condition);
    } else this.read(node.collection);
    this.loop(() => {
      if (node.kind === 'ForInStatement') {
        const place = this.places.enter(node.variable);
        if (place !== undefined) this.facts.write(place);
      }
      this.statement(node.body);
      if (node.kind !== 'ForStatement') return;
      for (const each of node.update) this.statement(each);
      this.read(node.condition);
    });
  }

  /** A condition known at compile time. */
  private constantOf(condition: ast.Expression): boolean | undefined {
    const value = this.c.folder.valueOf(condition);
    return value?.kind === 'bool' ? value.value : undefined;
  }

  private branch(paths: readonly (() => unknown)[]): void {
    const before = this.facts;
    let result: Facts | undefined;
    for (const path of paths) {
      this.facts = before.clone();
      path();
      result = result === undefined ? this.facts : result.join(this.facts);
    }
    this.facts = result ?? before;
  }

  private loop(body: () => void): void {
    const before = this.facts;
    const outer = this.reporting;
    this.reporting = false;
    this.facts = before.clone();
    body();
    this.reporting = outer;
    this.facts = before.join(this.facts);
    const entered = this.facts.clone();
    body();
    this.facts = entered.join(this.facts);
  }

  private assign(place: Place, value: ast.Expression, target?: ast.Expression): void {
    const invalid =
      value.kind === 'InvalidExpression' ||
      (value.kind === 'CastExpression' && value.operand.kind === 'InvalidExpression');
    const given = this.places.at(value);
    const validity = given?.exact === true ? this.facts.validityOf(given) : 'yes';
    this.copy(place, value, invalid, target);
    if (target !== undefined && !invalid) excludeOthers(this.places, this.facts, target, place, validity);
  }

  private copy(place: Place, value: ast.Expression, invalid: boolean, target: ast.Expression | undefined): void {
    if (!invalid && this.facts.isAllDefined && !this.facts.hasAsked) return;
    if (target?.kind === 'SliceExpression' || target?.kind === 'PlusSliceExpression') {
      this.facts.writeScalars(place);
      return;
    }
    // A field of an element chosen at run time says nothing about which of them are valid.
    const written = target === undefined ? undefined : this.c.tables.types.get(target);
    if (!place.exact && written !== undefined && !isStructure(written) && written.kind !== 'stack') {
      this.facts.writeScalars(place);
      return;
    }
    const source = this.places.at(value);
    const copied = source?.exact ? source.headers.map((header) => this.facts.validityOf(header)) : [];
    this.facts.write(place, invalid ? 'no' : 'yes');
    if (!place.exact) return;
    place.headers.forEach((header, index) => {
      const validity = copied[index];
      if (validity !== undefined) this.facts.setValidity(header, validity);
    });
  }

  // ------------------------------------------------------------------------------------------------- expressions

  private readIndexes(node: ast.Expression): void {
    switch (node.kind) {
      case 'MemberExpression':
        this.readIndexes(node.target);
        return;
      case 'IndexExpression':
        this.readIndexes(node.target);
        this.read(node.index);
        return;
      case 'SliceExpression':
      case 'PlusSliceExpression':
        this.readIndexes(node.target);
        return;
      default:
        return;
    }
  }

  /** Reads an expression: everything in it must have a value. */
  read(node: ast.Expression): void {
    if (this.facts.isAllDefined && isPlainPath(node)) return;
    const place = this.places.at(node);
    if (place !== undefined && !place.exact) this.checkChosen(node);
    if (place !== undefined && node.kind !== 'SliceExpression' && node.kind !== 'PlusSliceExpression') {
      this.readIndexes(node);
      this.checkHeader(node, place);
      this.checkValue(node, place);
      return;
    }
    switch (node.kind) {
      case 'MemberExpression':
      case 'UnaryExpression':
      case 'CastExpression':
        this.read(node.kind === 'MemberExpression' ? node.target : node.operand);
        return;
      case 'IndexExpression':
        this.read(node.target);
        this.read(node.index);
        return;
      case 'SliceExpression':
      case 'PlusSliceExpression':
        this.read(node.target);
        return;
      case 'ListExpression':
      case 'TupleKeysetExpression':
        for (const element of node.elements) this.read(element);
        return;
      case 'StructExpression':
        for (const field of node.fields) this.read(field.value);
        return;
      case 'BinaryExpression':
        this.read(node.left);
        if (node.operator === '&&' || node.operator === '||') {
          const left = this.constantOf(node.left);
          if (left === undefined) this.branchRead(node.right, undefined);
          else if (left === (node.operator === '&&')) this.read(node.right);
        } else this.read(node.right);
        return;
      case 'ConditionalExpression': {
        const constant = this.constantOf(node.condition);
        if (constant !== undefined) {
          this.read(constant ? node.whenTrue : node.whenFalse);
          return;
        }
        this.read(node.condition);
        this.branchRead(node.whenTrue, node.whenFalse);
        return;
      }
      case 'MaskExpression':
        this.read(node.value);
        this.read(node.mask);
        return;
      case 'RangeExpression':
        this.read(node.low);
        this.read(node.high);
        return;
      case 'SelectExpression':
        for (const key of node.keys) this.read(key);
        for (const each of node.cases) this.read(each.keyset);
        return;
      case 'CallExpression':
        this.call(node);
        return;
      default:
        return;
    }
  }

  /**
   * Reads one of two expressions, or nothing. Apart from `read`, because a function inside it would cost every call of
   * it something.
   */
  private branchRead(node: ast.Expression, other: ast.Expression | undefined): void {
    this.branch([() => this.read(node), () => other !== undefined && this.read(other)]);
  }

  private checkValue(node: ast.Expression, place: Place): void {
    if (!place.exact || this.facts.unreachable || this.facts.haveAllValues) return;
    const lacking = this.facts.lackingIn(place);
    if (lacking === 0 || !this.reporting || this.gaveUp) return;
    const how = lacking < place.scalars.count ? 'may lack values in some of its parts' : 'may have no value here';
    this.warnings.warn('uninitialized-use', node.span, `'${expressionText(node)}' ${how}`);
  }

  private checkHeader(node: ast.Expression, place: Place): void {
    const { header } = place;
    if (header === undefined || !this.reporting || this.gaveUp || this.facts.unreachable || this.facts.wasAsked(header))
      return;
    const validity = this.facts.validityOf(header);
    if (validity !== 'yes') this.warnHeader(this.partThatNames(header, node), validity);
  }

  /** The part of an expression that names the header around its place. */
  private partThatNames(header: Place, node: ast.Expression): ast.Expression {
    let part = node;
    while ('target' in part && this.places.at(part) !== header) part = part.target;
    return part;
  }

  /** Of an element chosen at run time only that much is known: if none of them is valid, this one is not. */
  private checkChosen(node: ast.Expression): void {
    if (node.kind !== 'MemberExpression' || !this.reporting || this.gaveUp || this.facts.unreachable) return;
    const { target } = node;
    if (target.kind !== 'IndexExpression' || this.c.tables.types.get(target)?.kind !== 'header') return;
    if (this.c.integerValue(target.index) !== undefined) return;
    const stack = this.places.at(target.target);
    if (stack === undefined || !stack.exact) return;
    const { headers } = stack;
    const none = headers.every((header) => this.facts.validityOf(header) === 'no' && !this.facts.wasAsked(header));
    if (headers.length > 0 && none) this.warnHeader(target, 'no');
  }

  private warnHeader(expression: ast.Expression, validity: Validity): void {
    const text = expressionText(expression);
    const message = validity === 'no' ? `header '${text}' is not valid here` : `header '${text}' may not be valid here`;
    this.warnings.warn('invalid-header', expression.span, `${message}; a field of it is used`);
  }

  // ------------------------------------------------------------------------------------------------------- calls

  private call(node: ast.CallExpression): void {
    const call = this.c.tables.calls.get(node);
    if (call === undefined) return;
    switch (call.kind) {
      case 'built-in':
        this.readIndexes(call.target);
        callBuiltIn(this.places, this.facts, call.method, call.target);
        return;
      case 'table-apply':
        this.applyTable(call.table);
        return;
      case 'action':
        this.callAction(call.declaration, call.arguments);
        return;
      default:
        this.pass(call.arguments);
    }
  }

  private pass(args: readonly MatchedArgument[]): void {
    for (const { parameter, argument } of args) {
      if (argument === undefined || parameter.direction === 'out') continue;
      this.read(argument.value);
    }
    for (const { parameter, argument } of args) {
      if (argument === undefined || (parameter.direction !== 'out' && parameter.direction !== 'inout')) continue;
      this.readIndexes(argument.value);
      const place = this.places.at(argument.value);
      if (place === undefined) continue;
      if (parameter.direction === 'out') this.checkHeader(argument.value, place);
      this.write(place);
      excludeOthers(this.places, this.facts, argument.value, place, 'yes');
    }
  }

  /** Everything inside the place was given a value. */
  private write(place: Place): void {
    if (!this.facts.isAllDefined || this.facts.hasAsked) this.facts.write(place);
  }

  private applyTable(table: ast.TableDeclaration): void {
    const info = this.c.tables.tables.get(table);
    for (const element of info?.key?.elements ?? []) this.read(element.expression);
    const paths: (() => void)[] = [];
    for (const reference of info?.actions ?? []) {
      const resolved = this.c.tables.actionReferences.get(reference);
      if (resolved === undefined) continue;
      paths.push(() => {
        this.callAction(resolved.declaration, resolved.arguments);
      });
    }
    if (paths.length === 0 || info?.noAction !== undefined) paths.push(() => undefined);
    this.branch(paths);
  }

  /** Follows an action with what is known of the headers among its arguments, and takes back what became of them. */
  private callAction(action: ast.ActionDeclaration, args: readonly MatchedArgument[]): void {
    const bound: {
      parameter: ast.Parameter;
      headers: readonly Place[];
      validity: Validity[];
      isWritten: boolean;
    }[] = [];
    for (const { parameter, argument } of args) {
      const { declaration } = parameter;
      const place = argument === undefined ? undefined : this.places.at(argument.value);
      if (declaration === undefined || place === undefined || !place.exact) continue;
      const { headers } = place;
      if (headers.length === 0) continue;
      const validity = headers.map((header) => this.facts.validityOf(header));
      bound.push({ parameter: declaration, headers, validity, isWritten: parameter.direction !== 'in' });
    }
    this.pass(args);
    this.followAction(action, () => {
      for (const { parameter, validity } of bound) {
        if (parameter.direction === 'out') continue;
        this.places.headersOf(parameter).forEach((header, index) => {
          this.facts.setValidity(header, validity[index] ?? 'yes');
        });
      }
    });
    for (const { parameter, headers, isWritten } of bound) {
      if (!isWritten) continue;
      this.places.headersOf(parameter).forEach((header, index) => {
        const target = headers[index];
        if (target !== undefined) this.facts.setValidity(target, this.facts.validityOf(header));
      });
    }
  }

  private followAction(action: ast.ActionDeclaration, enter: () => void): void {
    if (this.following.has(action)) return;
    this.following.add(action);
    for (const parameter of action.parameters) this.parameter(parameter);
    enter();
    this.within(action, () => this.actionBody(action));
    this.following.delete(action);
  }

  private actionBody(action: ast.ActionDeclaration): void {
    const outer = this.returned;
    this.returned = undefined;
    this.statements(action.body.statements);
    if (this.returned !== undefined) {
      this.facts = this.facts.join(this.returned);
      this.facts.unreachable = false;
    }
    for (const parameter of action.parameters) this.checkOut(parameter, action.name.name, this.facts);
    this.returned = outer;
  }
}
