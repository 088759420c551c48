/**
 * Pipelines: blocks without instructions become nodes, that is tables and conditionals, each with the names of the
 * nodes that may follow.
 */

import * as ir from '../5-lower/ir.ts';
import { InternalError, type Reporter } from '../diagnostics/diagnostic.ts';
import { expressionJson, fieldListItem, fieldPath } from './expressions.ts';
import { bytesFor, hex, type JsonObject } from './json.ts';
import type { Objects } from './objects.ts';

const DEFAULT_TABLE_SIZE = 1024;

/** What pipelines share: numbers of actions, and counters for ids that run through both pipelines. */
export interface PipelineContext {
  readonly objects: Objects;
  readonly reporter: Reporter;
  readonly actionId: (action: ir.Action) => number;
  readonly nextId: (section: 'tables' | 'conditionals' | 'action_profiles') => number;
}

/** One element of the section `pipelines`. `blocks`: all of the pipeline, in order. */
export function pipelineJson(
  pipeline: ir.Pipeline,
  blocks: readonly ir.Block[],
  id: number,
  context: PipelineContext,
): JsonObject {
  const names = new Map<ir.Block, string>();
  let conditionals = 0;
  for (const block of blocks) {
    if (block.terminator.kind === 'apply') names.set(block, block.terminator.table.name);
    else if (block.terminator.kind === 'branch') {
      names.set(block, `node_${pipeline.name}_${conditionals}`);
      conditionals += 1;
    }
  }
  const nodeOf = (start: ir.Block): string | null => {
    let block = start;
    for (let steps = 0; block.terminator.kind === 'goto'; steps++) {
      if (steps > blocks.length) return null;
      block = block.terminator.target;
    }
    return names.get(block) ?? null;
  };
  const tables: JsonObject[] = [];
  const conditions: JsonObject[] = [];
  const done = new Set<ir.Table>();
  for (const block of blocks) {
    const { terminator } = block;
    if (block.instructions.length > 0) throw new InternalError('a statement left in a pipeline');
    if (terminator.kind === 'apply') {
      if (done.has(terminator.table)) continue;
      done.add(terminator.table);
      tables.push(tableJson(terminator.table, terminator.next, nodeOf, context));
    } else if (terminator.kind === 'branch') {
      const name = names.get(block)!;
      const id = context.nextId('conditionals');
      const source_info = context.objects.positions.sourceInfo(terminator.span);
      const expression = expressionJson(terminator.condition, context.objects.names);
      const true_next = nodeOf(terminator.whenTrue);
      const false_next = nodeOf(terminator.whenFalse);
      conditions.push(
        source_info === undefined
          ? { name, id, expression, true_next, false_next }
          : { name, id, source_info, expression, true_next, false_next },
      );
    }
  }
  const profiles = pipeline.profiles.map((profile) => profileJson(profile, context));
  return {
    name: pipeline.name,
    id,
    ...context.objects.positions.info(pipeline.span),
    init_table: nodeOf(pipeline.graph.entry),
    tables,
    action_profiles: profiles,
    conditionals: conditions,
  };
}

function profileJson(profile: ir.ActionProfile, context: PipelineContext): JsonObject {
  const json: JsonObject = {
    name: profile.name,
    id: context.nextId('action_profiles'),
    ...context.objects.positions.info(profile.span),
    max_size: Number(profile.size),
  };
  if (profile.selector !== undefined) {
    json.selector = {
      algo: profile.selector.algorithm,
      input: (profile.selector.input ?? []).map((expression) =>
        fieldListItem({ kind: 'expression', expression }, context.objects.names),
      ),
    };
  }
  return json;
}

/** The table's match type after those of its keys: range, else ternary, else lpm, else exact. */
function matchTypeOf(table: ir.Table): string {
  const has = (kind: string) => table.keys.some((key) => key.matchKind === kind);
  if (has('range')) return 'range';
  if (has('ternary') || has('optional')) return 'ternary';
  return has('lpm') ? 'lpm' : 'exact';
}

/** By the name of each action, what follows where that was run. */
function nextTables(
  actions: readonly ir.TableAction[],
  nodeAfter: (action: ir.TableAction) => string | null,
): JsonObject {
  const nodes: JsonObject = {};
  for (const each of actions) nodes[each.action.name] = nodeAfter(each);
  return nodes;
}

function tableJson(
  table: ir.Table,
  next: ir.ApplyNext,
  nodeOf: (block: ir.Block) => string | null,
  context: PipelineContext,
): JsonObject {
  const { objects } = context;
  const keys = table.keys.filter((key) => key.matchKind !== 'selector');
  const json: JsonObject = { name: table.name, id: context.nextId('tables') };
  const source = objects.positions.sourceInfo(table.span);
  if (source !== undefined) json.source_info = source;
  json.key = keys.map((key) => keyJson(key, objects));
  json.match_type = matchTypeOf(table);
  json.type =
    table.profile === undefined ? 'simple' : table.profile.selector === undefined ? 'indirect' : 'indirect_ws';
  if (table.profile !== undefined) json.action_profile = table.profile.name;
  json.max_size = sizeOf(table);
  json.with_counters = table.counter !== undefined;
  json.support_timeout = table.supportTimeout;
  json.direct_meters = table.meter?.name ?? null;
  json.action_ids = table.actions.map(({ action }) => context.actionId(action));
  json.actions = table.actions.map(({ action }) => action.name);
  switch (next.kind) {
    case 'always': {
      const target = nodeOf(next.target);
      json.base_default_next = target;
      json.next_tables = nextTables(table.actions, () => target);
      break;
    }
    case 'hit-miss':
      json.base_default_next = null;
      json.next_tables = { __HIT__: nodeOf(next.hit), __MISS__: nodeOf(next.miss) };
      break;
    case 'action':
      json.base_default_next = nodeOf(next.otherwise);
      json.next_tables = nextTables(table.actions, (action) => nodeOf(next.targets.get(action) ?? next.otherwise));
      break;
  }
  if (table.defaultAction !== undefined) {
    if (table.profile === undefined) {
      json.default_entry = {
        action_id: context.actionId(table.defaultAction.action.action),
        action_const: table.defaultAction.isConst,
        action_data: table.defaultAction.arguments.map((value, index) =>
          argumentHex(value, table.defaultAction!.action.action.parameters[index]?.type),
        ),
        action_entry_const: table.defaultAction.isConst,
      };
    } else {
      context.reporter.warn(
        'unsupported',
        table.span,
        `target does not support default_action for ${table.name} (due to action profiles)`,
      );
    }
  }
  if (table.entries !== undefined) {
    json.entries = table.entries.map((entry) => entryJson(entry, keys, table, context));
  }
  return json;
}

/** Entries the table has room for. */
export function sizeOf(table: ir.Table): number {
  if (table.entriesAreConst && table.entries !== undefined && table.entries.length > 0) return table.entries.length;
  const size = table.size ?? 0;
  return Math.max(size === 0 ? DEFAULT_TABLE_SIZE : size, table.entries?.length ?? 0);
}

function argumentHex(value: bigint, type: ir.ScalarType | undefined): string {
  return hex(type === undefined ? value : BigInt.asUintN(ir.widthOf(type), value));
}

function keyJson(key: ir.TableKey, objects: Objects): JsonObject {
  const { expression } = key;
  let target: string[];
  if (expression.kind === 'is-valid' && expression.header.kind === 'instance') {
    target = [expression.header.instance.name, '$valid$'];
  } else if (expression.kind === 'read') {
    target = fieldPath(expression.place, objects.names);
  } else {
    throw new InternalError(`a key is a ${expression.kind}`, key.span);
  }
  const json: JsonObject = { match_type: key.matchKind === 'optional' ? 'ternary' : key.matchKind };
  if (key.name !== undefined) json.name = key.name;
  json.target = target;
  json.mask = null;
  return json;
}

function entryJson(
  entry: ir.TableEntry,
  keys: readonly ir.TableKey[],
  table: ir.Table,
  context: PipelineContext,
): JsonObject {
  const visible = entry.keys.filter((_, index) => table.keys[index]?.matchKind !== 'selector');
  return {
    ...context.objects.positions.info(entry.span),
    match_key: keys.map((key, index) => entryKeyJson(visible[index]!, key, entry, context)),
    action_entry: {
      action_id: context.actionId(entry.action.action),
      action_data: entry.arguments.map((value, index) =>
        argumentHex(value, entry.action.action.parameters[index]?.type),
      ),
    },
    priority: entry.priority,
  };
}

function entryKeyJson(
  value: ir.EntryKey,
  key: ir.TableKey,
  entry: ir.TableEntry,
  context: PipelineContext,
): JsonObject {
  const width = ir.widthOf(key.expression.type);
  const bytes = bytesFor(width);
  const ones = (1n << BigInt(width)) - 1n;
  const wrong = (what: string): JsonObject => {
    context.reporter.error('unsupported', entry.span, `${what} for a key of kind ${key.matchKind}`);
    return {};
  };
  switch (key.matchKind) {
    case 'exact':
      if (value.kind === 'exact') return { match_type: 'exact', key: hex(value.value, bytes) };
      if (value.kind === 'mask' && value.mask === ones) return { match_type: 'exact', key: hex(value.value, bytes) };
      return wrong('unsupported exact key expression');
    case 'ternary':
    case 'optional':
      switch (value.kind) {
        case 'any':
          return { match_type: 'ternary', key: hex(0, bytes), mask: hex(0, bytes) };
        case 'exact':
          return { match_type: 'ternary', key: hex(value.value, bytes), mask: hex(ones, bytes) };
        case 'mask':
          if (key.matchKind === 'optional' && value.mask !== ones) return wrong('a mask');
          return { match_type: 'ternary', key: hex(value.value, bytes), mask: hex(value.mask, bytes) };
        case 'range':
          return wrong('a range');
      }
      break;
    case 'lpm': {
      if (value.kind === 'any') return { match_type: 'lpm', key: hex(0, bytes), prefix_length: 0 };
      if (value.kind === 'range') return wrong('a range');
      const mask = value.kind === 'mask' ? value.mask : ones;
      let prefix = 0;
      while (prefix < width && ((mask >> BigInt(width - 1 - prefix)) & 1n) === 1n) prefix += 1;
      const expected = ones ^ ((1n << BigInt(width - prefix)) - 1n);
      if (mask !== expected) {
        context.reporter.error('invalid', entry.span, 'invalid mask for LPM key: the ones must be the leading bits');
        return {};
      }
      return { match_type: 'lpm', key: hex(value.value, bytes), prefix_length: prefix };
    }
    case 'range':
      switch (value.kind) {
        case 'any':
          return { match_type: 'range', start: hex(0, bytes), end: hex(ones, bytes) };
        case 'exact':
          return { match_type: 'range', start: hex(value.value, bytes), end: hex(value.value, bytes) };
        case 'range':
          return { match_type: 'range', start: hex(value.low, bytes), end: hex(value.high, bytes) };
        case 'mask':
          if (value.mask === ones) {
            return { match_type: 'range', start: hex(value.value, bytes), end: hex(value.value, bytes) };
          }
          return wrong('a mask');
      }
      break;
    default:
      break;
  }
  throw new InternalError(`an entry for match kind ${key.matchKind}`, entry.span);
}
