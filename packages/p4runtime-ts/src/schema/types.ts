/**
 * P4 types as digests, registers and named fields use them: P4Info's `P4DataTypeSpec` with every name resolved.
 *
 * Resolving once, when a pipeline is loaded, means that encoding a value later is a walk over a finished tree, and that
 * a P4Info with a dangling or circular type name is refused at load rather than at the first digest.
 */
import type { P4BitstringLikeTypeSpec, P4DataTypeSpec, P4TypeInfo } from '../gen/p4/config/v1/p4types_pb.ts';
import { toBigInt } from '../values/bytes.ts';

/** A resolved P4 type. */
export type DataType =
  | { readonly kind: 'bits'; readonly bitwidth: number; readonly signed: boolean }
  | { readonly kind: 'varbit'; readonly maxBitwidth: number }
  | { readonly kind: 'bool' }
  | { readonly kind: 'string'; readonly uri: string }
  | { readonly kind: 'struct'; readonly name: string; readonly members: readonly DataMember[] }
  | { readonly kind: 'tuple'; readonly members: readonly DataMember[] }
  | { readonly kind: 'header'; readonly name: string; readonly members: readonly DataMember[] }
  | { readonly kind: 'header-union'; readonly name: string; readonly members: readonly DataMember[] }
  | { readonly kind: 'header-stack'; readonly element: DataType; readonly size: number }
  | { readonly kind: 'enum'; readonly name: string; readonly members: readonly string[] }
  | {
      readonly kind: 'serializable-enum';
      readonly name: string;
      readonly bitwidth: number;
      readonly members: ReadonlyMap<string, bigint>;
    }
  | { readonly kind: 'error'; readonly members: readonly string[] };

/** A member of a struct, tuple (named by its index), header or header union. */
export interface DataMember {
  readonly name: string;
  readonly type: DataType;
}

/** The P4Info contradicts itself. The message says which object and how. */
export class P4InfoError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'P4InfoError';
  }
}

/** Resolves types against one P4Info's type information. */
export class TypeResolver {
  readonly #info: P4TypeInfo | undefined;
  readonly #open = new Set<string>();

  constructor(info: P4TypeInfo | undefined) {
    this.#info = info;
  }

  /**
   * @param where the object that has the type, for messages
   * @throws P4InfoError for unknown or circular names and specs without content
   */
  resolve(spec: P4DataTypeSpec | undefined, where: string): DataType {
    const type = spec?.typeSpec;
    switch (type?.case) {
      case 'bitstring':
        return this.#bitstring(type.value, where);
      case 'bool':
        return { kind: 'bool' };
      case 'tuple':
        return {
          kind: 'tuple',
          members: type.value.members.map((member, index) => ({
            name: String(index),
            type: this.resolve(member, where),
          })),
        };
      case 'struct':
        return this.#struct(type.value.name, where);
      case 'header':
        return this.#header(type.value.name, where);
      case 'headerUnion':
        return this.#headerUnion(type.value.name, where);
      case 'headerStack':
        return {
          kind: 'header-stack',
          element: this.#header(type.value.header?.name ?? '', where),
          size: type.value.size,
        };
      case 'headerUnionStack':
        return {
          kind: 'header-stack',
          element: this.#headerUnion(type.value.headerUnion?.name ?? '', where),
          size: type.value.size,
        };
      case 'enum': {
        const found = this.#lookUp('enums', type.value.name, where);
        return { kind: 'enum', name: type.value.name, members: found.members.map((member) => member.name) };
      }
      case 'serializableEnum':
        return this.serializableEnum(type.value.name, where);
      case 'error':
        return { kind: 'error', members: this.#info?.error?.members ?? [] };
      case 'newType':
        return this.newType(type.value.name, where);
      case undefined:
        throw new P4InfoError(`${where}: its type is missing.`);
    }
  }

  /** An enum with an underlying type. */
  serializableEnum(name: string, where: string): DataType & { kind: 'serializable-enum' } {
    const found = this.#lookUp('serializableEnums', name, where);
    return {
      kind: 'serializable-enum',
      name,
      bitwidth: found.underlyingType?.bitwidth ?? 0,
      members: new Map(found.members.map((member) => [member.name, toBigInt(member.value)])),
    };
  }

  /** A type introduced by `type`, as the controller sees it. */
  newType(name: string, where: string): DataType {
    const found = this.#lookUp('newTypes', name, where).representation;
    if (found.case === 'originalType') return this.#guard(name, where, () => this.resolve(found.value, where));
    if (found.case === 'translatedType') {
      const { sdnType, uri } = found.value;
      if (sdnType.case === 'sdnString') return { kind: 'string', uri };
      if (sdnType.case === 'sdnBitwidth') return { kind: 'bits', bitwidth: sdnType.value, signed: false };
    }
    throw new P4InfoError(`${where}: the type ${name} has no representation.`);
  }

  /** Whether the P4Info knows a type of this name by `type`. */
  hasNewType(name: string): boolean {
    return this.#info?.newTypes[name] !== undefined;
  }

  /** Whether the P4Info knows an enum with underlying type of this name. */
  hasSerializableEnum(name: string): boolean {
    return this.#info?.serializableEnums[name] !== undefined;
  }

  #lookUp<Kind extends 'structs' | 'headers' | 'headerUnions' | 'enums' | 'serializableEnums' | 'newTypes'>(
    kind: Kind,
    name: string,
    where: string,
  ): P4TypeInfo[Kind][string] {
    const found = this.#info?.[kind][name];
    if (found === undefined) throw new P4InfoError(`${where}: the type '${name}' is not in type_info.${kind}.`);
    return found as P4TypeInfo[Kind][string];
  }

  #guard<Result>(name: string, where: string, resolve: () => Result): Result {
    if (this.#open.has(name)) throw new P4InfoError(`${where}: the type '${name}' contains itself.`);
    this.#open.add(name);
    try {
      return resolve();
    } finally {
      this.#open.delete(name);
    }
  }

  #bitstring(spec: P4BitstringLikeTypeSpec | undefined, where: string): DataType {
    const type = spec?.typeSpec;
    switch (type?.case) {
      case 'bit':
        return { kind: 'bits', bitwidth: type.value.bitwidth, signed: false };
      case 'int':
        return { kind: 'bits', bitwidth: type.value.bitwidth, signed: true };
      case 'varbit':
        return { kind: 'varbit', maxBitwidth: type.value.maxBitwidth };
      case undefined:
        throw new P4InfoError(`${where}: its type is missing.`);
    }
  }

  #struct(name: string, where: string): DataType {
    const found = this.#lookUp('structs', name, where);
    return this.#guard(name, where, () => ({
      kind: 'struct',
      name,
      members: found.members.map((member) => ({
        name: member.name,
        type: this.resolve(member.typeSpec, `${name}.${member.name}`),
      })),
    }));
  }

  #header(name: string, where: string): DataType {
    const found = this.#lookUp('headers', name, where);
    return {
      kind: 'header',
      name,
      members: found.members.map((member) => ({
        name: member.name,
        type: this.#bitstring(member.typeSpec, `${name}.${member.name}`),
      })),
    };
  }

  #headerUnion(name: string, where: string): DataType {
    const found = this.#lookUp('headerUnions', name, where);
    return {
      kind: 'header-union',
      name,
      members: found.members.map((member) => ({
        name: member.name,
        type: this.#header(member.header?.name ?? '', `${name}.${member.name}`),
      })),
    };
  }
}
