/**
 * Loads pipelines: action profiles, tables with their constant entries, conditionals and action calls, and the graph
 * between them.
 *
 * Nodes of the graph are numbered in the order tables, conditionals, action calls; -1 is the end of the pipeline. A
 * graph with a cycle that nothing leads out of is refused.
 */

import { loadSourceInfo } from './load-actions.ts';
import { loadTyped } from './load-expressions.ts';
import { checkHashAlgorithm, loadCalculationInputs } from './load-externs.ts';
import { Ids, Names, type Node } from './reader.ts';
import type { Symbols } from './symbols.ts';
import {
  type Action,
  type ActionProfile,
  type ConstEntry,
  type ConstMatch,
  type DefaultEntry,
  type MeterArray,
  type Pipeline,
  type PipelineNode,
  type Table,
  type TableKey,
  type TableNext,
  VALID_FIELD,
} from './types.ts';

/** What the pipelines need of the rest of the program. */
export interface PipelineContext {
  readonly symbols: Symbols;
  readonly actions: readonly Action[];
  readonly meters: readonly MeterArray[];
}

export interface LoadedPipelines {
  readonly pipelines: Pipeline[];
  readonly tables: Table[];
  readonly actionProfiles: ActionProfile[];
}

/** Greatest number of entries of a table. */
const MAX_TABLE_SIZE = 1 << 26;

export function loadPipelines(root: Node, context: PipelineContext): LoadedPipelines {
  const result: LoadedPipelines = { pipelines: [], tables: [], actionProfiles: [] };
  const profileNames = new Names('action profile');
  const tableNames = new Names('table');
  const ids = new Ids('pipeline');
  for (const node of root.get('pipelines').itemsOrNone()) {
    ids.add(node.get('id'));
    for (const profile of node.get('action_profiles').itemsOrNone()) {
      const selector = profile.get('selector');
      result.actionProfiles.push({
        name: profileNames.add(profile.get('name')),
        maxSize: profile.get('max_size').integerOr(0),
        selector: selector.isNull ? undefined : loadSelector(selector, context.symbols),
      });
    }
    loadPipeline(node, context, result, profileNames, tableNames);
  }
  return result;
}

function loadSelector(node: Node, symbols: Symbols): ActionProfile['selector'] {
  return { algorithm: checkHashAlgorithm(node.get('algo')), inputs: loadCalculationInputs(node.get('input'), symbols) };
}

function loadPipeline(
  node: Node,
  context: PipelineContext,
  result: LoadedPipelines,
  profileNames: Names,
  tableNames: Names,
): void {
  const name = node.get('name').string();
  const nodeNames = new Names('table, conditional or action call');
  const tableNodes = node.get('tables').itemsOrNone();
  const conditionalNodes = node.get('conditionals').itemsOrNone();
  const callNodes = node.get('action_calls').itemsOrNone();
  for (const each of [...tableNodes, ...conditionalNodes, ...callNodes]) nodeNames.add(each.get('name'));
  const next = (reference: Node) => (reference.isNull ? -1 : nodeNames.resolve(reference));

  const nodes: PipelineNode[] = [];
  for (const each of tableNodes) {
    nodes.push({ kind: 'table', table: result.tables.length });
    tableNames.add(each.get('name'));
    result.tables.push(loadTable(each, name, context, result, profileNames, next));
  }
  for (const each of conditionalNodes) {
    if (!each.has('true_next') && !each.has('false_next')) each.fail("a conditional needs 'true_next' or 'false_next'");
    nodes.push({
      kind: 'conditional',
      name: each.get('name').string(),
      expression: loadTyped(each.get('expression'), context.symbols, 'bool'),
      trueNext: next(each.get('true_next')),
      falseNext: next(each.get('false_next')),
      source: loadSourceInfo(each),
    });
  }
  for (const each of callNodes) {
    const action = context.symbols.actionIds.resolve(each.get('action_id'));
    if (context.actions[action]!.parameters.length > 0)
      each.fail('an action with parameters cannot be called directly');
    nodes.push({ kind: 'actionCall', name: each.get('name').string(), action, next: next(each.get('next_node')) });
  }
  const pipeline: Pipeline = { name, start: next(node.get('init_table')), nodes };
  refuseEndless(pipeline, result.tables, node);
  result.pipelines.push(pipeline);
}

/** Nodes that may follow a node. */
export function successors(node: PipelineNode, tables: readonly Table[]): number[] {
  return [...new Set(followersOf(node, tables))].filter((index) => index >= 0);
}

/** What may follow a node, -1 for the end included. */
function followersOf(node: PipelineNode, tables: readonly Table[]): number[] {
  switch (node.kind) {
    case 'table': {
      const table = tables[node.table]!;
      const followers = table.next.kind === 'hitMiss' ? [table.next.hit, table.next.miss] : [...table.next.nodes];
      return [...followers, table.baseDefaultNext];
    }
    case 'conditional':
      return [node.trueNext, node.falseNext];
    case 'actionCall':
      return [node.next];
  }
}

/**
 * Refuses a pipeline in which some node can never come to the end. Cycles with a way out are fine: that is how a
 * compiler lets a table be applied at several places, or within a loop.
 */
function refuseEndless(pipeline: Pipeline, tables: readonly Table[], node: Node): void {
  const { nodes, start } = pipeline;
  const reached = new Set<number>();
  const waiting = start >= 0 ? [start] : [];
  const predecessors = new Map<number, number[]>();
  const ends: number[] = [];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    const followers = followersOf(nodes[index]!, tables);
    if (followers.length === 0 || followers.some((follower) => follower < 0)) ends.push(index);
    for (const follower of followers) {
      if (follower < 0) continue;
      const list = predecessors.get(follower);
      if (list === undefined) predecessors.set(follower, [index]);
      else list.push(index);
      waiting.push(follower);
    }
  }
  const ending = new Set<number>();
  for (let index = ends.pop(); index !== undefined; index = ends.pop()) {
    if (ending.has(index)) continue;
    ending.add(index);
    ends.push(...(predecessors.get(index) ?? []));
  }
  if (ending.size < reached.size) node.fail(`the nodes of pipeline '${pipeline.name}' form a cycle`);
}

function loadTable(
  node: Node,
  pipeline: string,
  context: PipelineContext,
  result: LoadedPipelines,
  profileNames: Names,
  next: (reference: Node) => number,
): Table {
  const { symbols, actions } = context;
  const name = node.get('name').string();
  const keyNodes = node.get('key').itemsOrNone();
  const keys = keyNodes.map((key) => loadKey(key, symbols));
  if (keys.filter((key) => key.kind === 'lpm').length > 1)
    node.get('key').fail(`table '${name}' has two lpm fields, at most one is possible`);
  const matchKind = node.get('match_type').oneOf(['exact', 'lpm', 'ternary', 'range']);
  checkMatchKind(matchKind, keys, node.get('match_type'));
  const type = node.get('type').oneOf(['simple', 'indirect', 'indirect_ws']);
  let actionProfile = -1;
  if (type !== 'simple') {
    if (node.has('action_profile')) {
      actionProfile = profileNames.resolve(node.get('action_profile'));
    } else {
      // Old format: the table makes its own action profile.
      actionProfile = result.actionProfiles.length;
      result.actionProfiles.push({
        name: profileNames.add(node.get('act_prof_name')),
        maxSize: 0,
        selector: type === 'indirect_ws' ? loadSelector(node.get('selector'), symbols) : undefined,
      });
    }
    if (type === 'indirect_ws' && result.actionProfiles[actionProfile]!.selector === undefined) {
      node.get('action_profile').fail('a table of type indirect_ws needs an action profile with a selector');
    }
  }
  const byId = node.has('action_ids');
  const tableActions = node
    .get(byId ? 'action_ids' : 'actions')
    .items()
    .map((reference) => {
      if (byId) return symbols.actionIds.resolve(reference);
      const index = actions.findIndex((action) => action.name === reference.string());
      if (index < 0) reference.fail(`no action is named '${reference.string()}'`);
      return index;
    });
  const entries = node.get('entries');
  if (entries.isNull && node.get('max_size').isNull) node.fail(`table '${name}' has neither 'max_size' nor 'entries'`);
  const constEntries = entries.itemsOrNone().map((entry) => loadEntry(entry, keys, context, tableActions));
  if (constEntries.length > 0 && actionProfile >= 0)
    entries.fail("only a table of type 'simple' can have entries in the program");
  const meterName = node.get('direct_meters');
  const directMeter = meterName.isNull ? -1 : symbols.meterNames.resolve(meterName);
  if (directMeter >= 0 && context.meters[directMeter]!.resultTarget === undefined) {
    meterName.fail(`meter '${meterName.string()}' is not a direct meter`);
  }
  return {
    name,
    pipeline,
    matchKind,
    keys,
    maxSize: Math.max(
      node.get('max_size').isNull ? 0 : node.get('max_size').integer(0, MAX_TABLE_SIZE),
      constEntries.length,
    ),
    withCounters: node.get('with_counters').booleanOr(false),
    supportTimeout: node.get('support_timeout').booleanOr(false),
    directMeter,
    actionProfile,
    actions: tableActions,
    next: loadNext(node.get('next_tables'), name, tableActions, actions, next),
    baseDefaultNext: next(node.get('base_default_next')),
    defaultEntry: loadDefault(node.get('default_entry'), context, tableActions),
    constEntries,
    immutable: !entries.isNull,
    source: loadSourceInfo(node),
  };
}

function loadKey(node: Node, symbols: Symbols): TableKey {
  const kind = node.get('match_type').oneOf(['exact', 'lpm', 'ternary', 'range', 'valid']);
  const target = node.get('target');
  if (kind === 'valid') {
    const header = symbols.headerNames.resolve(target);
    const name = node.get('name').isNull ? symbols.headers[header]!.name : node.get('name').string();
    return { name, kind, field: { header, field: VALID_FIELD }, bitwidth: 1, mask: undefined };
  }
  const field = symbols.field(target);
  const declaration = symbols.declaration(field);
  if (declaration.variable) target.unsupported('a field of variable length cannot be a table key');
  const [header, fieldName] = target.items(2) as [Node, Node];
  const name = node.get('name').isNull ? `${header.string()}.${fieldName.string()}` : node.get('name').string();
  const mask = node.get('mask');
  return {
    name,
    kind,
    field,
    bitwidth: declaration.bitwidth,
    mask: mask.isNull ? undefined : mask.hexOfWidth(8 * Math.ceil(declaration.bitwidth / 8)),
  };
}

function checkMatchKind(kind: Table['matchKind'], keys: readonly TableKey[], node: Node): void {
  const order = ['exact', 'lpm', 'ternary', 'range'];
  for (const key of keys) {
    const needed = key.kind === 'valid' ? 'exact' : key.kind;
    if (order.indexOf(needed) > order.indexOf(kind)) {
      node.fail(`the table's match type is ${kind}, but its key '${key.name}' is ${key.kind}`);
    }
  }
}

function loadNext(
  node: Node,
  tableName: string,
  tableActions: readonly number[],
  actions: readonly Action[],
  next: (reference: Node) => number,
): TableNext {
  if (node.has('__HIT__') || node.has('__MISS__')) {
    if (!node.has('__HIT__') || !node.has('__MISS__') || node.keys().length !== 2) {
      node.fail(`table '${tableName}': __HIT__ and __MISS__ must come together and alone`);
    }
    return { kind: 'hitMiss', hit: next(node.get('__HIT__')), miss: next(node.get('__MISS__')) };
  }
  const names = tableActions.map((action) => actions[action]!.name);
  for (const name of names)
    if (!node.has(name)) node.fail(`table '${tableName}' has no next node for action '${name}'`);
  return { kind: 'action', nodes: names.map((name) => next(node.get(name))) };
}

function loadActionCall(
  node: Node,
  context: PipelineContext,
  tableActions: readonly number[],
): { action: number; data: bigint[] } {
  const action = context.symbols.actionIds.resolve(node.get('action_id'));
  if (!tableActions.includes(action))
    node.get('action_id').fail(`action '${context.actions[action]!.name}' is not among the table's actions`);
  const parameters = context.actions[action]!.parameters;
  const data = node.get('action_data').items();
  if (data.length !== parameters.length) {
    node
      .get('action_data')
      .fail(`action '${context.actions[action]!.name}' takes ${parameters.length} arguments, found ${data.length}`);
  }
  return { action, data: data.map((value, index) => BigInt.asUintN(parameters[index]!.bitwidth, value.hex())) };
}

function loadDefault(node: Node, context: PipelineContext, tableActions: readonly number[]): DefaultEntry | undefined {
  if (node.isNull) return undefined;
  const { action, data } = loadActionCall(node, context, tableActions);
  return {
    action,
    data,
    constAction: node.get('action_const').booleanOr(false),
    constEntry: node.get('action_entry_const').booleanOr(false),
  };
}

function loadEntry(
  node: Node,
  keys: readonly TableKey[],
  context: PipelineContext,
  tableActions: readonly number[],
): ConstEntry {
  const match = node
    .get('match_key')
    .items(keys.length)
    .map((element, index) => loadMatch(element, keys[index]!));
  const call = loadActionCall(node.get('action_entry'), context, tableActions);
  return { match, action: call.action, data: call.data, priority: node.get('priority').integerOr(0) };
}

function loadMatch(node: Node, key: TableKey): ConstMatch {
  const kind = node.get('match_type').string();
  if (kind !== key.kind) node.get('match_type').fail(`the key '${key.name}' is ${key.kind}, the entry says ${kind}`);
  const width = 8 * Math.ceil(key.bitwidth / 8);
  const fit = (value: bigint) => BigInt.asUintN(key.bitwidth, value);
  switch (key.kind) {
    case 'exact':
      return { kind: 'exact', value: fit(node.get('key').hexOfWidth(width)) };
    case 'valid':
      return { kind: 'valid', value: node.get('key').boolean() ? 1n : 0n };
    case 'lpm':
      return {
        kind: 'lpm',
        value: fit(node.get('key').hexOfWidth(width)),
        prefixLength: node.get('prefix_length').integer(0, key.bitwidth),
      };
    case 'ternary':
      return {
        kind: 'ternary',
        value: fit(node.get('key').hexOfWidth(width)),
        mask: fit(node.get('mask').hexOfWidth(width)),
      };
    case 'range': {
      const low = fit(node.get('start').hexOfWidth(width));
      const high = fit(node.get('end').hexOfWidth(width));
      if (low > high) node.fail('the start of the range is after its end');
      return { kind: 'range', low, high };
    }
  }
}
