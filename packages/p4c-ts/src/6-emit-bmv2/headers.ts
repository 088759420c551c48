/**
 * The sections of storage: header types, headers, stacks and unions, with the header `scalars` for all variables that
 * are used.
 */
import * as ir from '../5-lower/ir.ts';
import type { Json, JsonObject } from './json.ts';
import type { Names } from './names.ts';

function fieldJson(name: string, type: ir.ScalarType): Json[] {
  if (type.kind === 'varbit') return [name, '*'];
  return [name, ir.widthOf(type), ir.isSigned(type)];
}

/** Pads the fields of metadata to whole bytes. */
function padded(fields: Json[][], bits: number): Json[][] {
  return bits % 8 === 0 ? fields : [...fields, ['_padding', 8 - (bits % 8), false]];
}

/**
 * `header_types`, `headers`, `header_stacks`, `header_union_types`, `header_unions`, `header_union_stacks`,
 * `field_aliases`.
 */
export function storageSections(program: ir.Program, variables: readonly ir.Variable[], names: Names): JsonObject {
  const types: JsonObject[] = [];
  const headers: JsonObject[] = [];
  const typeNames = new Set<string>();
  const headerIds = new Map<string, number>();
  const addType = (name: string, fields: Json[][], maximumBytes?: number): void => {
    if (typeNames.has(name)) return;
    typeNames.add(name);
    const length: JsonObject = maximumBytes === undefined ? {} : { max_length: maximumBytes };
    types.push({ name, id: types.length, fields, ...length });
  };
  const addHeader = (name: string, type: string, isMetadata: boolean): void => {
    headerIds.set(name, headers.length);
    headers.push({ name, id: headers.length, header_type: type, metadata: isMetadata, pi_omit: true });
  };

  const scalars: Json[][] = [];
  let scalarBits = 0;
  for (const { name, type } of variables) {
    if (type.kind === 'varbit') continue;
    scalars.push(fieldJson(name, type));
    scalarBits += ir.widthOf(type);
  }
  addType(names.scalarsType, padded(scalars, scalarBits));
  addHeader(names.scalars, names.scalarsType, true);
  for (const variable of variables) {
    if (variable.type.kind !== 'varbit') continue;
    const typeName = `varbit${variable.type.maxWidth}_t`;
    addType(typeName, [['field', '*']], Math.ceil(variable.type.maxWidth / 8));
    addHeader(names.varbitHeader(variable), typeName, true);
  }
  const aliases: Json[] = [];
  for (const instance of program.headerInstances) {
    const { type } = instance;
    if (!typeNames.has(type.name)) {
      const bits = type.fields.reduce((sum, field) => sum + ir.widthOf(field.type), 0);
      const fields = type.fields.map((field) => fieldJson(field.name, field.type));
      const hasVarbit = type.fields.some((field) => field.type.kind === 'varbit');
      addType(type.name, type.isMetadata ? padded(fields, bits) : fields, hasVarbit ? Math.ceil(bits / 8) : undefined);
    }
    addHeader(instance.name, type.name, instance.isMetadata);
    if (instance.isMetadata) {
      for (const field of type.fields) {
        if (field.alias !== undefined) aliases.push([field.alias, [instance.name, field.name]]);
      }
    }
  }
  const unionTypes: JsonObject[] = [];
  const unionTypeNames = new Set<string>();
  const unionIds = new Map<string, number>();
  const unions = program.unionInstances.map((union, id): JsonObject => {
    unionIds.set(union.name, id);
    if (!unionTypeNames.has(union.type.name)) {
      unionTypeNames.add(union.type.name);
      unionTypes.push({
        name: union.type.name,
        id: unionTypes.length,
        headers: union.type.members.map((member) => [member.name, member.type.name]),
      });
    }
    return {
      name: union.name,
      id,
      union_type: union.type.name,
      header_ids: union.members.map((member) => headerIds.get(member.name)!),
      pi_omit: true,
    };
  });
  return {
    header_types: types,
    headers,
    header_stacks: program.headerStacks.map((stack, id) => ({
      name: stack.name,
      id,
      header_type: stack.type.name,
      size: stack.elements.length,
      header_ids: stack.elements.map((element) => headerIds.get(element.name)!),
    })),
    header_union_types: unionTypes,
    header_unions: unions,
    header_union_stacks: program.unionStacks.map((stack, id) => ({
      name: stack.name,
      id,
      union_type: stack.type.name,
      size: stack.elements.length,
      header_union_ids: stack.elements.map((element) => unionIds.get(element.name)!),
    })),
    field_aliases: aliases,
  };
}
