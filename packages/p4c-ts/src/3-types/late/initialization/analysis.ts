// Follows the statements of a block and warns where a value is read that may never have been written, or a field of a
// header that may not be valid. Actions are followed into where they are called; a table is the join of its actions;
// functions and other blocks are looked at on their own, a call of them writes its `out` arguments.
//
// The warnings are p4c's, the analysis is our own and simpler: what it cannot follow (elements chosen at run time,
// unions) counts as written and valid, so it stays silent rather than cry wolf.

import type * as ast from '../../../2-parse/ast.ts';
import type { Checker } from '../../check/checker.ts';
import { expressionText } from '../../support/expression-text.ts';
import type { MatchedArgument } from '../../typed-program.ts';
import { erroneousType, type Type } from '../../types.ts';
import { Facts, type Keys, keysOf } from './facts.ts';

interface Place {
  readonly key: string;
  readonly type: Type;
  /** False where an element is chosen at run time: then the key is that of the whole stack. */
  readonly exact: boolean;
  /** The innermost header around the place, if it is a field of one. */
  readonly header: { readonly key: string; readonly expression: ast.Expression } | undefined;
}

/**
 * Most statements followed in one block. Calls of actions that call actions, and loops in loops, which are run twice, multiply;
 * beyond this the analysis gives up and is silent.
 */
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
  private readonly tracked = new Set<ast.Node>();
  private readonly knownKeys = new Map<string, Keys>();

  constructor(c: Checker) {
    this.c = c;
  }

  /** Enters a parameter. */
  parameter(node: ast.Parameter): void {
    const type = this.c.tables.declarationTypes.get(node);
    if (type === undefined) return;
    this.tracked.add(node);
    if (node.direction === 'out') this.facts.declare(this.keys(type, String(node.id)));
    else this.write({ key: String(node.id), type, exact: true, header: undefined });
  }

  /** Warns when an out parameter may be left without a value. */
  checkOut(node: ast.Parameter, owner: string, facts: Facts): void {
    const type = this.c.tables.declarationTypes.get(node);
    if (type === undefined || node.direction !== 'out' || facts.unreachable || this.gaveUp) return;
    const keys = this.keys(type, String(node.id));
    const inHeader = (key: string): boolean => keys.headers.some((header) => key.startsWith(`${header}.`));
    if (!keys.scalars.some((key) => facts.isUndefined(key) && !inHeader(key))) return;
    this.c.reporter.warn(
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
    const before = this.facts.clone();
    for (const node of nodes) this.statement(node);
    this.facts.restoreAsked(before);
  }

  declaration(node: ast.VariableDeclaration): void {
    const type = this.c.tables.declarationTypes.get(node);
    if (node.initializer !== undefined) this.read(node.initializer);
    if (type === undefined) return;
    this.tracked.add(node);
    const keys = this.keys(type, String(node.id));
    this.facts.declare(keys);
    if (node.initializer !== undefined) {
      this.assign({ key: String(node.id), type, exact: true, header: undefined }, node.initializer);
    }
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
        const place = this.placeOf(node.target);
        if (place === undefined) return;
        this.checkHeader(place);
        this.assign(place, node.value, node.target);
        return;
      }
      case 'CallStatement':
        this.read(node.call);
        return;
      case 'BlockStatement':
        this.statements(node.statements);
        return;
      case 'IfStatement':
        this.read(node.condition);
        this.branch([
          () => this.statement(node.thenStatement),
          () => node.elseStatement !== undefined && this.statement(node.elseStatement),
        ]);
        return;
      case 'SwitchStatement': {
        this.read(node.expression);
        const bodies = node.cases.map((each) => each.body).filter((body) => body !== undefined);
        const complete = node.cases.some((each) => each.label.kind === 'DefaultExpression');
        const paths = bodies.map((body) => () => this.statement(body));
        this.branch(complete ? paths : [...paths, () => undefined]);
        return;
      }
      case 'ForStatement':
        for (const each of node.init) this.statement(each);
        this.read(node.condition);
        this.loop(() => {
          this.statement(node.body);
          for (const each of node.update) this.statement(each);
          this.read(node.condition);
        });
        return;
      case 'ForInStatement':
        this.read(node.collection);
        this.loop(() => {
          const type = this.c.tables.declarationTypes.get(node.variable) ?? erroneousType;
          this.tracked.add(node.variable);
          this.facts.write(this.keys(type, String(node.variable.id)));
          this.statement(node.body);
        });
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
    if (!invalid && this.facts.isAllDefined && !this.facts.hasAsked) return;
    const keys = this.keysAt(place);
    if (target?.kind === 'SliceExpression' || target?.kind === 'PlusSliceExpression') {
      this.facts.write({ scalars: keys.scalars, headers: [] });
      return;
    }
    const source = this.placeOf(value);
    const copied = source?.exact
      ? this.keys(place.type, source.key).headers.map((key) => this.facts.validityOf(key))
      : [];
    this.facts.write(keys, invalid ? 'no' : 'yes');
    if (!place.exact) return;
    keys.headers.forEach((key, index) => {
      const validity = copied[index];
      if (validity !== undefined) this.facts.setValidity(key, validity);
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
    const place = this.placeOf(node);
    if (place !== undefined && node.kind !== 'SliceExpression' && node.kind !== 'PlusSliceExpression') {
      this.readIndexes(node);
      this.checkHeader(place);
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
        if (node.operator === '&&' || node.operator === '||')
          this.branch([() => this.read(node.right), () => undefined]);
        else this.read(node.right);
        return;
      case 'ConditionalExpression':
        this.read(node.condition);
        this.branch([() => this.read(node.whenTrue), () => this.read(node.whenFalse)]);
        return;
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

  private checkValue(node: ast.Expression, place: Place): void {
    if (!place.exact || this.facts.unreachable || this.facts.isAllDefined) return;
    const keys = this.keysAt(place).scalars;
    const lacking = keys.filter((key) => this.facts.isUndefined(key)).length;
    if (lacking === 0 || !this.reporting || this.gaveUp) return;
    const how = lacking < keys.length ? 'may lack values in some of its parts' : 'may have no value here';
    this.c.reporter.warn('uninitialized-use', node.span, `'${expressionText(node)}' ${how}`);
  }

  private checkHeader(place: Place): void {
    const { header } = place;
    if (
      header === undefined ||
      !this.reporting ||
      this.gaveUp ||
      this.facts.unreachable ||
      this.facts.wasAsked(header.key)
    )
      return;
    const validity = this.facts.validityOf(header.key);
    if (validity === 'yes') return;
    const text = expressionText(header.expression);
    const message = validity === 'no' ? `header '${text}' is not valid here` : `header '${text}' may not be valid here`;
    this.c.reporter.warn('invalid-header', header.expression.span, `${message}; a field of it is used`);
  }

  private placeOf(node: ast.Expression): Place | undefined {
    const type = this.c.tables.types.get(node);
    if (type === undefined) return undefined;
    switch (node.kind) {
      case 'PathExpression': {
        const named = this.c.names.paths.get(node);
        if (named?.kind !== 'VariableDeclaration' && named?.kind !== 'Parameter') return undefined;
        if (!this.tracked.has(named)) return undefined;
        return { key: String(named.id), type, exact: true, header: undefined };
      }
      case 'MemberExpression': {
        const member = this.c.tables.members.get(node);
        const target = this.placeOf(node.target);
        if (target === undefined) return undefined;
        if (member?.kind === 'stack-property') {
          if (member.property !== 'next' && member.property !== 'last') return undefined;
          return { key: target.key, type: target.type, exact: false, header: undefined };
        }
        if (member?.kind !== 'field') return undefined;
        if (!target.exact) return target;
        const header = target.type.kind === 'header' ? { key: target.key, expression: node.target } : target.header;
        return { key: `${target.key}.${node.member.name}`, type, exact: true, header };
      }
      case 'IndexExpression': {
        const target = this.placeOf(node.target);
        if (target === undefined || !target.exact) return target;
        const index = this.c.integerValue(node.index);
        if (index === undefined) return { key: target.key, type: target.type, exact: false, header: undefined };
        return { key: `${target.key}[${index}]`, type, exact: true, header: target.header };
      }
      case 'SliceExpression':
      case 'PlusSliceExpression':
        return this.placeOf(node.target);
      default:
        return undefined;
    }
  }

  // ------------------------------------------------------------------------------------------------------- calls

  private call(node: ast.CallExpression): void {
    const call = this.c.tables.calls.get(node);
    if (call === undefined) return;
    switch (call.kind) {
      case 'built-in':
        this.builtIn(call.method, call.target);
        return;
      case 'table-apply':
        this.applyTable(call.table);
        return;
      case 'action':
        this.pass(call.arguments);
        this.followAction(call.declaration);
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
      const place = this.placeOf(argument.value);
      if (place === undefined) continue;
      if (parameter.direction === 'out') this.checkHeader(place);
      this.write(place);
    }
  }

  /** Keys of a place, computed once: a key belongs to one type. */
  private keys(type: Type, key: string): Keys {
    let keys = this.knownKeys.get(key);
    if (keys === undefined) {
      keys = keysOf(type, key);
      this.knownKeys.set(key, keys);
    }
    return keys;
  }

  /** Everything inside the place was given a value. */
  private write(place: Place): void {
    if (!this.facts.isAllDefined || this.facts.hasAsked) this.facts.write(this.keysAt(place));
  }

  private keysAt(place: Place): Keys {
    return this.keys(place.type, place.key);
  }

  private builtIn(method: string, target: ast.Expression): void {
    this.readIndexes(target);
    const place = this.placeOf(target);
    if (place === undefined) return;
    switch (method) {
      case 'setValid':
        if (place.exact) this.setValidity(place.key, 'yes');
        return;
      case 'setInvalid':
        if (place.exact) this.setValidity(place.key, 'no');
        return;
      case 'isValid':
        for (const key of this.keysAt(place).headers) this.facts.ask(key);
        return;
      case 'push_front':
      case 'pop_front':
        this.facts.write(this.keysAt(place));
        return;
      default:
        return;
    }
  }

  private setValidity(key: string, validity: 'yes' | 'no'): void {
    this.facts.setValidity(key, validity);
    this.facts.forgetAsked(key);
  }

  private applyTable(table: ast.TableDeclaration): void {
    const info = this.c.tables.tables.get(table);
    for (const element of info?.key?.elements ?? []) this.read(element.expression);
    const paths: (() => void)[] = [];
    for (const reference of info?.actions ?? []) {
      const resolved = this.c.tables.actionReferences.get(reference);
      if (resolved === undefined) continue;
      paths.push(() => {
        this.pass(resolved.arguments);
        this.followAction(resolved.declaration);
      });
    }
    if (paths.length === 0 || info?.noAction !== undefined) paths.push(() => undefined);
    this.branch(paths);
  }

  private followAction(action: ast.ActionDeclaration): void {
    if (this.following.has(action)) return;
    this.following.add(action);
    for (const parameter of action.parameters) this.parameter(parameter);
    const outer = this.returned;
    this.returned = undefined;
    this.statements(action.body.statements);
    if (this.returned !== undefined) {
      this.facts = this.facts.join(this.returned);
      this.facts.unreachable = false;
    }
    for (const parameter of action.parameters) this.checkOut(parameter, action.name.name, this.facts);
    this.returned = outer;
    this.following.delete(action);
  }
}
