// Runs the analysis over every block of the program: controls, functions, and parsers as graphs of states, where
// a state starts with what holds on all ways into it.

import type * as ast from '../../../2-parse/ast.ts';
import type { Checker } from '../../check/checker.ts';
import type { BuiltInState } from '../../typed-program.ts';
import { InitializationAnalysis } from './analysis.ts';
import { Facts } from './facts.ts';
import { Layouts } from './layouts.ts';

/** Warns about values used before they are given, headers used while not valid, and out parameters left out. */
export function checkInitialization(c: Checker): void {
  const used: ReadonlySet<ast.Node | BuiltInState> = c.names.used;
  const layouts = new Layouts();
  for (const declaration of c.program.declarations) {
    // What nothing refers to has its own warning, and no other.
    if (!used.has(declaration)) continue;
    if (declaration.kind === 'ControlDeclaration') checkControl(c, layouts, declaration);
    else if (declaration.kind === 'ParserDeclaration') checkParser(c, layouts, declaration);
    else if (declaration.kind === 'FunctionDeclaration' && declaration.body !== undefined) {
      checkFunction(c, layouts, declaration, declaration.body);
    }
  }
}

function checkFunction(c: Checker, layouts: Layouts, node: ast.FunctionDeclaration, body: ast.BlockStatement): void {
  const analysis = new InitializationAnalysis(c, layouts);
  for (const parameter of node.parameters) analysis.parameter(parameter);
  analysis.within(node, () => {
    analysis.statements(body.statements);
    finish(analysis, node.parameters, node.name.name);
  });
}

function checkControl(c: Checker, layouts: Layouts, node: ast.ControlDeclaration): void {
  const analysis = new InitializationAnalysis(c, layouts);
  for (const parameter of node.parameters) analysis.parameter(parameter);
  for (const local of node.locals) if (local.kind === 'VariableDeclaration') analysis.declaration(local);
  analysis.within(node, () => {
    analysis.within(node.body, () => analysis.statements(node.body.statements));
    finish(analysis, node.parameters, node.name.name);
  });
}

function finish(analysis: InitializationAnalysis, parameters: readonly ast.Parameter[], owner: string): void {
  const end = analysis.returned === undefined ? analysis.facts : analysis.facts.join(analysis.returned);
  if (analysis.returned !== undefined) end.unreachable = false;
  for (const parameter of parameters) analysis.checkOut(parameter, owner, end);
}

function checkParser(c: Checker, layouts: Layouts, node: ast.ParserDeclaration): void {
  const analysis = new InitializationAnalysis(c, layouts);
  for (const parameter of node.parameters) analysis.parameter(parameter);
  for (const local of node.locals) if (local.kind === 'VariableDeclaration') analysis.declaration(local);
  const start = node.states.find((state) => state.name.name === 'start');
  if (start === undefined) return;
  const input = new Map<ast.ParserState, Facts>([[start, analysis.facts.clone()]]);
  let end: Facts | undefined;
  const run = (state: ast.ParserState): void => {
    analysis.facts = input.get(state)!.clone();
    for (const statement of state.statements) analysis.statements([statement]);
    if (state.transition !== undefined) analysis.read(state.transition);
  };
  analysis.reporting = false;
  const pending = [start];
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    run(state);
    for (const next of successors(c, state)) {
      if (next === undefined) {
        end = end === undefined ? analysis.facts.clone() : end.join(analysis.facts);
        continue;
      }
      const before = input.get(next);
      const after = before === undefined ? analysis.facts.clone() : before.join(analysis.facts);
      if (before?.equals(after) === true) continue;
      input.set(next, after);
      pending.push(next);
    }
  }
  analysis.reporting = true;
  analysis.within(node, () => {
    for (const state of node.states) if (input.has(state)) analysis.within(state, () => run(state));
    for (const parameter of node.parameters) analysis.checkOut(parameter, node.name.name, end ?? new Facts());
  });
}

/** Next states; undefined stands for accept and reject. */
function successors(c: Checker, state: ast.ParserState): (ast.ParserState | undefined)[] {
  const { transition } = state;
  if (transition === undefined) return [undefined];
  const paths = transition.kind === 'PathExpression' ? [transition] : transition.cases.map((each) => each.state);
  return paths.map((path) => {
    const named = c.names.paths.get(path);
    return named?.kind === 'ParserState' ? named : undefined;
  });
}
