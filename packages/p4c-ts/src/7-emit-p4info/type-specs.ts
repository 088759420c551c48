/**
 * Types in P4Info: `P4DataTypeSpec` of what registers and digests hold, `P4TypeInfo` with every named type that is
 * mentioned, and the width that the control plane sees of a value (which `@p4runtime_translation` may change).
 */
import type * as ast from '../2-parse/ast.ts';
import { parseInteger } from '../2-parse/lexer.ts';
import type { TypedProgram } from '../3-types/typed-program.ts';
import * as T from '../3-types/types.ts';
import { localName, withoutDot } from '../4-elaborate/names.ts';
import type { Reporter } from '../diagnostics/diagnostic.ts';
import { annotationFields, annotationNamed } from './annotations.ts';
import { toBytes } from './byte-strings.ts';
import type { DataTypeSpec, TypeInfo } from './model.ts';

/** `@p4runtime_translation(uri, type)`: what the controller sees instead of a value. */
export interface Translation {
  readonly uri: string;
  /** Bits; undefined for `string`. */
  readonly bitwidth: number | undefined;
}

/** Reads `@p4runtime_translation`. Reports a second argument that is neither a width nor `bit<W>` nor `string`. */
export function translationOf(annotations: readonly ast.Annotation[], reporter: Reporter): Translation | undefined {
  const annotation = annotationNamed(annotations, 'p4runtime_translation');
  if (annotation?.body.kind !== 'Unstructured') return undefined;
  const { tokens } = annotation.body;
  const text = tokens
    .slice(2)
    .map((token) => token.text)
    .join(' ');
  const uri = tokens[0]?.tokenKind === 'string' && tokens[1]?.text === ',' ? tokens[0].text : undefined;
  const width = /^(?:bit < (\w+) >|(\w+))$/.exec(text);
  const number = tokens.find((token) => token.tokenKind === 'integer' && token.text === (width?.[1] ?? width?.[2]));
  if (uri !== undefined && text === 'string') return { uri, bitwidth: undefined };
  if (uri !== undefined && number !== undefined) return { uri, bitwidth: Number(parseInteger(number.text).value) };
  reporter.error('syntax', annotation.span, 'expected @p4runtime_translation("URI", bit<W>) or ("URI", string)');
  return undefined;
}

/** Builds type descriptions and remembers the named types among them. */
export class TypeSpecs {
  /** Undefined until something asks for it: P4Info then has no `type_info` at all. */
  info: TypeInfo | undefined;
  private readonly typed: TypedProgram;
  private readonly reporter: Reporter;

  constructor(typed: TypedProgram, reporter: Reporter) {
    this.typed = typed;
    this.reporter = reporter;
  }

  /** Makes `type_info` present, even if it stays empty. */
  touch(): TypeInfo {
    this.info ??= {};
    return this.info;
  }

  /** Bits of a value of the type as the controller sees it; 0 for strings and errors; undefined if it has no width. */
  bitwidth(type: T.Type): number | undefined {
    switch (type.kind) {
      case 'bits':
        return type.width;
      case 'varbit':
        return type.maxWidth;
      case 'bool':
        return 1;
      case 'error':
        return 0;
      case 'serializable-enum':
        return type.underlying.kind === 'bits' ? type.underlying.width : undefined;
      case 'newtype': {
        const translation = translationOf(type.declaration.annotations, this.reporter);
        // Only the outermost type's own translation counts.
        return translation === undefined ? this.bitwidth(T.withoutNewtypes(type)) : (translation.bitwidth ?? 0);
      }
      default:
        return undefined;
    }
  }

  /** The name of a type made by `type`; other types have none in P4Info. */
  newtypeName(type: T.Type): string | undefined {
    return type.kind === 'newtype' ? type.name : undefined;
  }

  /** Describes a type, and enters the named types it mentions into `type_info`. */
  convert(type: T.Type): DataTypeSpec {
    switch (type.kind) {
      case 'bits':
        return type.signed
          ? { typeSpec: { case: 'bitstring', value: { typeSpec: { case: 'int', value: { bitwidth: type.width } } } } }
          : { typeSpec: { case: 'bitstring', value: { typeSpec: { case: 'bit', value: { bitwidth: type.width } } } } };
      case 'varbit':
        return {
          typeSpec: {
            case: 'bitstring',
            value: { typeSpec: { case: 'varbit', value: { maxBitwidth: type.maxWidth } } },
          },
        };
      case 'bool':
        return { typeSpec: { case: 'bool', value: {} } };
      case 'error':
        this.touch().error ??= { members: this.typed.errors.map((member) => member.name.name) };
        return { typeSpec: { case: 'error', value: {} } };
      case 'tuple':
      case 'list-expression':
        return { typeSpec: { case: 'tuple', value: { members: type.components.map((item) => this.convert(item)) } } };
      case 'struct':
        this.addStruct(type);
        return { typeSpec: { case: 'struct', value: { name: nameOf(type) } } };
      case 'header':
        this.addHeader(type);
        return { typeSpec: { case: 'header', value: { name: nameOf(type) } } };
      case 'header_union':
        this.addUnion(type);
        return { typeSpec: { case: 'headerUnion', value: { name: nameOf(type) } } };
      case 'stack':
        return this.stack(type);
      case 'enum': {
        const enums = (this.touch().enums ??= {});
        const name = withoutDot(localName(type.name, type.declaration.annotations));
        enums[name] ??= { members: type.declaration.members.map((member) => ({ name: member.name.name })) };
        return { typeSpec: { case: 'enum', value: { name } } };
      }
      case 'serializable-enum':
        return { typeSpec: { case: 'serializableEnum', value: { name: this.addSerializableEnum(type) } } };
      case 'newtype':
        this.addNewtype(type);
        return { typeSpec: { case: 'newType', value: { name: type.name } } };
      default:
        this.reporter.error(
          'unexpected',
          undefined,
          `the type ${T.printType(type)} cannot be described to the control plane`,
        );
        return {};
    }
  }

  private stack(type: T.StackType): DataTypeSpec {
    const { element } = type;
    if (element.kind === 'header') {
      this.addHeader(element);
      return { typeSpec: { case: 'headerStack', value: { header: { name: nameOf(element) }, size: type.size } } };
    }
    if (element.kind === 'header_union') {
      this.addUnion(element);
      return {
        typeSpec: { case: 'headerUnionStack', value: { headerUnion: { name: nameOf(element) }, size: type.size } },
      };
    }
    return this.convert(element);
  }

  private addStruct(type: T.StructType): void {
    const structs = (this.touch().structs ??= {});
    const name = nameOf(type);
    if (structs[name] !== undefined) return;
    const members = type.fields.map((field) => ({ name: fieldName(field), typeSpec: this.convert(field.type) }));
    structs[name] = { members };
  }

  private addHeader(type: T.HeaderType): void {
    const headers = (this.touch().headers ??= {});
    const name = nameOf(type);
    if (headers[name] !== undefined) return;
    const members = flattenedFields(type).map((field) => {
      const spec = this.convert(field.type).typeSpec;
      return spec?.case === 'bitstring' ? { name: field.name, typeSpec: spec.value } : { name: field.name };
    });
    headers[name] = { members };
  }

  private addUnion(type: T.HeaderUnionType): void {
    const unions = (this.touch().headerUnions ??= {});
    const name = nameOf(type);
    if (unions[name] !== undefined) return;
    const members = type.fields.map((field) => {
      if (field.type.kind === 'header') this.addHeader(field.type);
      return { name: fieldName(field), header: { name: field.type.kind === 'header' ? nameOf(field.type) : '' } };
    });
    unions[name] = { members };
  }

  private addSerializableEnum(type: T.SerializableEnumType): string {
    const enums = (this.touch().serializableEnums ??= {});
    const { declaration } = type;
    const name = withoutDot(localName(type.name, declaration.annotations));
    if (enums[name] === undefined) {
      const width = type.underlying.kind === 'bits' ? type.underlying.width : 0;
      const members = declaration.members.map((member) => ({
        name: member.name.name,
        value: toBytes(this.typed.enumValues.get(member) ?? 0n, width),
      }));
      enums[name] = { underlyingType: { bitwidth: width }, members };
    }
    return name;
  }

  private addNewtype(type: T.NewType): void {
    const newTypes = (this.touch().newTypes ??= {});
    if (newTypes[type.name] !== undefined) return;
    const { declaration } = type;
    const translation = translationOf(declaration.annotations, this.reporter);
    const underlying = T.withoutNewtypes(type);
    if (translation !== undefined && underlying.kind !== 'bits') {
      this.reporter.error(
        'invalid',
        declaration.name.span,
        `a type with @p4runtime_translation must be a bit<W> underneath, not ${T.printType(underlying)}`,
      );
    }
    const original = this.convert(underlying);
    const representation =
      translation === undefined
        ? ({ case: 'originalType', value: original } as const)
        : ({
            case: 'translatedType',
            value: {
              uri: translation.uri,
              sdnType:
                translation.bitwidth === undefined
                  ? ({ case: 'sdnString', value: {} } as const)
                  : ({ case: 'sdnBitwidth', value: translation.bitwidth } as const),
            },
          } as const);
    newTypes[type.name] = {
      representation,
      ...annotationFields(
        declaration.annotations,
        () => undefined,
        (name) => name === 'p4runtime_translation',
      ),
    };
  }
}

/** The name of a structure for the control plane. */
export function nameOf(type: T.StructureType): string {
  return withoutDot(localName(type.name, type.declaration.annotations));
}

function fieldName(field: T.Field): string {
  return withoutDot(localName(field.name, field.declaration.annotations));
}

/** A header's fields, those of structures inside it included, by their path (`a.b`). */
export function flattenedFields(
  type: T.HeaderType | T.StructType,
  prefix = '',
): { name: string; type: T.Type; annotations: readonly ast.Annotation[] }[] {
  return type.fields.flatMap((field) => {
    if (field.type.kind === 'struct') return flattenedFields(field.type, `${prefix}${field.name}.`);
    const name = prefix === '' ? fieldName(field) : `${prefix}${field.name}`;
    return [{ name, type: field.type, annotations: field.declaration.annotations }];
  });
}
