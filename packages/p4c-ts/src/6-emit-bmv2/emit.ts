/**
 * Writes a lowered program as BMv2 JSON, version 2.23. Sections come in p4c's order, ids in the order in which
 * things are met, so that the same program always gives the same text.
 */

import * as ir from '../5-lower/ir.ts';
import { actionsOf, list } from '../5-lower/survey.ts';
import type { Reporter } from '../diagnostics/diagnostic.ts';
import type { SourceMap } from '../diagnostics/span.ts';
import { expressionJson, fieldPath } from './expressions.ts';
import { storageSections } from './headers.ts';
import { type JsonObject, Positions } from './json.ts';
import { Names } from './names.ts';
import { Objects } from './objects.ts';
import { parserJson } from './parser.ts';
import { type PipelineContext, pipelineJson, sizeOf } from './pipelines.ts';
import { actionPrimitives, primitiveJson } from './primitives.ts';

/** The whole document. Trouble that only shows here goes to the reporter. */
export function emitBmv2(program: ir.Program, sources: SourceMap, reporter: Reporter): JsonObject {
  const names = new Names(program);
  const positions = new Positions(sources);
  const objects = new Objects(program, names, positions, reporter);
  const flags: ir.Variable[] = [];
  const makeFlag = (): ir.Place => {
    const usedNames = new Set([...program.variables, ...flags].map((variable) => variable.name));
    let name = 'parser_if';
    for (let suffix = 0; usedNames.has(name); suffix++) name = `parser_if_${suffix}`;
    const id = program.variables.length + flags.length;
    const variable: ir.Variable = {
      kind: 'variable',
      id,
      name,
      type: ir.bitsType(1),
      role: 'temporary',
      fieldLists: [],
    };
    flags.push(variable);
    return { kind: 'variable', variable };
  };
  const parser = parserJson(program, objects, makeFlag, reporter);

  const pipelineBlocks = [program.ingress, program.egress].map(({ graph }) => list(graph));
  const actions = actionsOf(pipelineBlocks);
  const actionIds = new Map(actions.map((action, id) => [action, id]));
  const actionSection = actions.map(
    (action, id): JsonObject => ({
      name: action.name,
      id,
      runtime_data: action.parameters.map((parameter) => ({
        name: parameter.name,
        bitwidth: ir.widthOf(parameter.type),
      })),
      primitives: actionPrimitives(action.body, objects),
    }),
  );
  const ids = { tables: 0, conditionals: 0, action_profiles: 0 };
  const pipelineContext: PipelineContext = {
    objects,
    reporter,
    actionId: (action) => actionIds.get(action) ?? -1,
    nextId: (section) => ids[section]++,
  };
  const pipelines = [program.ingress, program.egress].map((pipeline, id) =>
    pipelineJson(pipeline, pipelineBlocks[id]!.blocks, id, pipelineContext),
  );
  const deparser: JsonObject = {
    name: 'deparser',
    id: 0,
    ...positions.info(program.deparser.span),
    order: program.deparser.headers.map((header) => header.name),
    primitives: program.deparser.instructions.map((instruction) => primitiveJson(instruction, objects)),
  };
  const checksums = program.checksums.map(
    (checksum, id): JsonObject => ({
      name: id === 0 ? 'cksum' : `cksum_${id - 1}`,
      id,
      ...positions.info(checksum.span),
      target: fieldPath(checksum.target, names),
      type: 'generic',
      calculation: objects.calculation(checksum.algorithm, checksum.items, checksum.withPayload, checksum.span),
      verify: checksum.isVerification,
      update: !checksum.isVerification,
      if_cond: expressionJson(checksum.condition, names),
    }),
  );
  const storage = storageSections(program, [...usedVariables(program, names), ...flags], names);
  return {
    header_types: storage.header_types!,
    headers: storage.headers!,
    header_stacks: storage.header_stacks!,
    header_union_types: storage.header_union_types!,
    header_unions: storage.header_unions!,
    header_union_stacks: storage.header_union_stacks!,
    field_lists: objects.fieldLists,
    errors: program.errors.map((name, code) => [name, code]),
    enums: program.enums.map(({ name, members }) => ({
      name,
      entries: members.map((member) => [member.name, Number(member.value)]),
    })),
    parsers: [parser],
    parse_vsets: program.parser.valueSets.map((valueSet, id) => ({
      name: valueSet.name,
      id,
      compressed_bitwidth: valueSet.width,
      max_size: Number(valueSet.size),
    })),
    deparsers: [deparser],
    meter_arrays: meterArrays(program, objects, reporter),
    counter_arrays: counterArrays(program, positions, reporter),
    register_arrays: program.registers.map((register, id) => ({
      name: register.name,
      id,
      ...positions.info(register.span),
      size: Number(register.size),
      bitwidth: register.width,
    })),
    calculations: objects.calculations,
    learn_lists: objects.learnLists,
    actions: actionSection,
    pipelines,
    checksums,
    force_arith: [],
    extern_instances: program.externInstances.map((instance, id) => ({
      name: instance.name,
      id,
      type: instance.type,
      attribute_values: instance.attributes.map((attribute) => ({ ...attribute })),
    })),
    field_aliases: storage.field_aliases!,
    program: program.sourceName,
    __meta__: { version: [2, 23], compiler: 'https://github.com/p4lang/p4c' },
  };
}

/**
 * The user's metadata, and every other variable that the document mentions, or that a table never applied has as its
 * key.
 */
function usedVariables(program: ir.Program, names: Names): ir.Variable[] {
  const addPlace = (place: ir.Place | undefined): void => {
    if (place?.kind === 'variable') names.variable(place.variable);
  };
  for (const meter of program.meters) addPlace(meter.target);
  for (const { tables } of [program.ingress, program.egress]) {
    for (const { keys } of tables)
      for (const { expression } of keys) if (expression.kind === 'read') addPlace(expression.place);
  }
  return program.variables.filter((variable) => variable.role === 'user-metadata' || names.isMentioned(variable));
}

function counterArrays(program: ir.Program, positions: Positions, reporter: Reporter): JsonObject[] {
  const arrays: JsonObject[] = [];
  for (const counter of program.counters) {
    const start = { name: counter.name, id: arrays.length };
    if (counter.size !== undefined) {
      arrays.push({ ...start, ...positions.info(counter.span), size: Number(counter.size), is_direct: false });
    } else if (counter.table === undefined) {
      reporter.warn('unused', counter.span, `${counter.name}: direct counter not used; ignoring`);
    } else {
      arrays.push({ ...start, is_direct: true, binding: counter.table.name, ...positions.info(counter.span) });
    }
  }
  return arrays;
}

function meterArrays(program: ir.Program, objects: Objects, reporter: Reporter): JsonObject[] {
  const arrays: JsonObject[] = [];
  for (const meter of program.meters) {
    const start = {
      name: meter.name,
      id: arrays.length,
      ...objects.positions.info(meter.span),
      is_direct: meter.isDirect,
    };
    if (!meter.isDirect) {
      arrays.push({ ...start, size: Number(meter.size ?? 0n), rate_count: 2, type: meter.unit });
      continue;
    }
    if (meter.table === undefined) {
      if (meter.target === undefined) continue;
      reporter.error('invalid', meter.span, `${meter.name}: direct meter is not associated with any table`, {
        suggestion: `add "meters = ${meter.name.split('.').pop()};" to the table`,
      });
      continue;
    }
    if (meter.target === undefined) {
      reporter.error(
        'invalid',
        meter.span,
        `${meter.name}: the direct meter of table ${meter.table.name} is never read`,
        {
          suggestion: "call its read() in the table's actions, or remove the property meters",
        },
      );
      continue;
    }
    arrays.push({
      ...start,
      rate_count: 2,
      type: meter.unit,
      size: sizeOf(meter.table),
      binding: meter.table.name,
      result_target: fieldPath(meter.target, objects.names),
    });
  }
  return arrays;
}
