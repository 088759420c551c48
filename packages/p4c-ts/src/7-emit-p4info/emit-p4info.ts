/**
 * P4Info: everything that a P4Runtime controller needs to know of a program, made from the typed syntax tree, in four
 * steps:
 *
 * 1. `controlPlaneObjects` lists the objects that are left when unreachable parts are gone, in P4Info's order;
 * 2. their names are collected, and ids and aliases computed from the whole set;
 * 3. each object is described;
 * 4. the entries written in the program are translated.
 *
 * Ids, aliases, order and annotations are those that p4c computes, because controllers, and the switch's own P4Runtime
 * server, identify objects by them across compilers.
 */
import type * as ast from '../2-parse/ast.ts';
import type { ResolvedConstruction, TypedProgram } from '../3-types/typed-program.ts';
import * as T from '../3-types/types.ts';
import { localName, withoutDot } from '../4-elaborate/names.ts';
import type { Reporter } from '../diagnostics/diagnostic.ts';
import { describeAction } from './actions.ts';
import {
  annotationFields,
  annotationNamed,
  documentation,
  fieldIds,
  integerArgument,
  stringArgument,
} from './annotations.ts';
import { isHidden, P4InfoContext } from './context.ts';
import { tableEntries } from './entries.ts';
import { type Environment, nameIn } from './environments.ts';
import {
  Digests,
  describeCounter,
  describeMeter,
  describeProfile,
  describeRegister,
  externKind,
  type ProfileSource,
  unitOf,
} from './externs.ts';
import type { ExternFunctionCall } from './liveness.ts';
import {
  type ControlPlane,
  type Entry,
  type MatchField,
  type P4Info,
  type SymbolKind,
  type Table,
  UNIT,
} from './model.ts';
import {
  type ControlPlaneObject,
  controlPlaneObjects,
  type ExternObject,
  type TableObject,
  type ValueSetObject,
} from './objects.ts';
import { packageInfo } from './package-info.ts';
import { compareBytes, prefixFits } from './symbols.ts';
import { customProperty, describeTable, matchOf } from './tables.ts';
import { flattenedFields } from './type-specs.ts';

/** Makes P4Info and entries of a checked program. `arch` goes into `pkg_info`. Problems go to the reporter. */
export function emitP4Info(typed: TypedProgram, reporter: Reporter, arch: string): ControlPlane {
  return new Emitter(new P4InfoContext(typed, reporter, arch), controlPlaneObjects(typed)).emit(arch);
}

/** A resource that a table's property names or makes. */
interface Attached extends ProfileSource {
  readonly madeInPlace: boolean;
}

class Emitter {
  private readonly context: P4InfoContext;
  private readonly objects: readonly ControlPlaneObject[];
  private readonly digests: Digests;
  private readonly info: Required<
    Pick<
      P4Info,
      | 'tables'
      | 'actions'
      | 'actionProfiles'
      | 'counters'
      | 'directCounters'
      | 'meters'
      | 'directMeters'
      | 'controllerPacketMetadata'
      | 'valueSets'
      | 'registers'
      | 'digests'
    >
  > = {
    tables: [],
    actions: [],
    actionProfiles: [],
    counters: [],
    directCounters: [],
    meters: [],
    directMeters: [],
    controllerPacketMetadata: [],
    valueSets: [],
    registers: [],
    digests: [],
  };
  private readonly described = new Set<string>();

  constructor(context: P4InfoContext, objects: readonly ControlPlaneObject[]) {
    this.context = context;
    this.objects = objects;
    this.digests = new Digests(context);
  }

  emit(arch: string): ControlPlane {
    const { context } = this;
    for (const object of this.objects) this.collect(object);
    for (const header of this.controllerHeaders()) {
      this.addSymbol('controllerHeader', withoutDot(localName(header.name.name, header.annotations)), header);
    }
    context.symbols.assign();
    for (const object of this.objects) this.describe(object);
    for (const header of this.controllerHeaders()) this.describeControllerHeader(header);
    const entries: Entry[] = [];
    for (const object of this.objects) if (object.kind === 'table') entries.push(...tableEntries(context, object));
    const pkgInfo = packageInfo(context, arch);
    const typeInfo = context.types.info;
    const p4info: P4Info = {
      ...(pkgInfo === undefined ? {} : { pkgInfo }),
      ...this.info,
      ...(typeInfo === undefined ? {} : { typeInfo }),
    };
    return { p4info, entries };
  }

  // ------------------------------------------------------------------------------------------------ collecting names

  private collect(object: ControlPlaneObject): void {
    switch (object.kind) {
      case 'action':
        this.addSymbol('action', object.name, object.declaration);
        this.collectDigests(object.externCalls);
        return;
      case 'calls':
        this.collectDigests(object.externCalls);
        return;
      case 'value-set':
        this.addSymbol('valueSet', object.name, object.declaration);
        return;
      case 'extern': {
        const kind = externKind(this.context, object.construction);
        if (kind !== undefined) this.addSymbol(kind, object.name, object.declaration);
        return;
      }
      case 'table': {
        this.addSymbol('table', object.name, object.declaration);
        const { implementation, counters, meters } = this.context.names;
        for (const property of [implementation, counters, meters]) {
          const attached = this.attached(object, property);
          const kind = attached && externKind(this.context, attached.construction);
          if (attached?.madeInPlace && kind !== undefined) this.context.symbols.add(kind, attached.name);
        }
      }
    }
  }

  private collectDigests(calls: readonly ExternFunctionCall[]): void {
    for (const call of calls) {
      const name = this.digests.nameOf(call);
      if (name !== undefined) this.context.symbols.add('digest', name);
    }
  }

  private addSymbol(
    kind: SymbolKind,
    name: string,
    declaration: { readonly annotations: readonly ast.Annotation[]; readonly name: ast.Identifier },
  ): void {
    const { reporter, symbols } = this.context;
    const id = integerArgument(declaration.annotations, 'id');
    const span = annotationNamed(declaration.annotations, 'id')?.span ?? declaration.name.span;
    if (id !== undefined && !prefixFits(kind, id)) {
      reporter.error('invalid', span, `the upper 8 bits of this @id are those of another kind of object`);
      symbols.add(kind, name);
    } else if (!symbols.add(kind, name, id)) {
      reporter.error('invalid', span, `@id ${id} is given to several objects`);
    }
  }

  private controllerHeaders(): ast.HeaderDeclaration[] {
    return this.context.typed.program.declarations.filter(
      (declaration): declaration is ast.HeaderDeclaration =>
        declaration.kind === 'HeaderDeclaration' &&
        annotationNamed(declaration.annotations, 'controller_header') !== undefined,
    );
  }

  // ------------------------------------------------------------------------------------------------------ describing

  private describe(object: ControlPlaneObject): void {
    switch (object.kind) {
      case 'action':
        if (!isHidden(object.declaration.annotations) && this.isFirst(`action ${object.name}`)) {
          this.info.actions.push(describeAction(this.context, object));
        }
        this.describeCalls(object.externCalls);
        return;
      case 'calls':
        this.describeCalls(object.externCalls);
        return;
      case 'value-set':
        this.describeValueSet(object);
        return;
      case 'extern':
        this.describeExtern(object);
        return;
      case 'table':
        this.describeTableAndResources(object);
    }
  }

  private isFirst(key: string): boolean {
    if (this.described.has(key)) return false;
    this.described.add(key);
    return true;
  }

  private checkName(kind: string, name: string, span: ast.Node['span']): void {
    if (this.isFirst(`${kind} ${name}`)) return;
    this.context.reporter.error('duplicate', span, `the name '${name}' is used for several ${kind} objects`, {
      suggestion: 'give one of them another name with @name("...")',
    });
  }

  private describeCalls(calls: readonly ExternFunctionCall[]): void {
    for (const call of calls) {
      this.context.types.touch();
      const name = this.digests.nameOf(call);
      if (name === undefined) continue;
      const typeSpec = this.context.types.convert(this.digests.typeOf(call));
      if (!this.isFirst(`digest ${name}`)) continue;
      this.info.digests.push({ preamble: this.context.preamble('digest', name, []), typeSpec });
    }
  }

  private describeExtern(object: ExternObject): void {
    const { context } = this;
    context.types.touch();
    const { name } = object;
    switch (externKind(this.context, object.construction)) {
      case 'counter':
        this.checkName('counter', name, object.declaration.name.span);
        this.info.counters.push(describeCounter(context, object));
        return;
      case 'meter':
        this.checkName('meter', name, object.declaration.name.span);
        this.info.meters.push(describeMeter(context, object));
        return;
      case 'register':
        this.checkName('register', name, object.declaration.name.span);
        this.info.registers.push(describeRegister(context, object));
        return;
      case 'actionProfile': {
        const { annotations } = object.declaration;
        this.addProfile({ ...object, annotations, span: object.declaration.name.span });
        return;
      }
      case 'digest': {
        const { target } = object.construction;
        const data = target.kind === 'extern' ? target.typeArguments[0] : undefined;
        const typeSpec = context.types.convert(object.environment.concrete(data ?? T.erroneousType));
        this.checkName('digest', name, object.declaration.name.span);
        this.info.digests.push({
          preamble: context.preamble('digest', name, object.declaration.annotations),
          typeSpec,
        });
        return;
      }
      default:
    }
  }

  private addProfile(source: ProfileSource): void {
    this.checkName('action profile', source.name, source.span);
    const tables = new Set<string>();
    for (const object of this.objects) {
      if (object.kind !== 'table') continue;
      if (this.attached(object, this.context.names.implementation)?.name === source.name) tables.add(object.name);
    }
    this.info.actionProfiles.push(describeProfile(this.context, source, [...tables].sort(compareBytes)));
  }

  private describeTableAndResources(object: TableObject): void {
    const { context } = this;
    if (isHidden(object.declaration.annotations)) return;
    this.checkName('table', object.name, object.declaration.name.span);
    const table: Table = describeTable(context, object);
    this.info.tables.push(table);
    const tableId = context.symbols.id('table', object.name);
    const implementation = this.attached(object, this.context.names.implementation);
    if (implementation !== undefined) {
      if (externKind(this.context, implementation.construction) !== 'actionProfile') {
        this.expected(implementation, 'an action_profile or action_selector');
      } else {
        table.implementationId = context.symbols.id('actionProfile', implementation.name);
        if (implementation.madeInPlace) this.addProfile(implementation);
      }
    }
    const direct: number[] = [];
    const counter = this.attached(object, context.names.counters);
    if (counter !== undefined) {
      if (externKind(this.context, counter.construction) !== 'directCounter')
        this.expected(counter, 'a direct_counter');
      else {
        direct.push(context.symbols.id('directCounter', counter.name));
        this.checkName('direct counter', counter.name, counter.span);
        this.info.directCounters.push({
          preamble: context.preamble('directCounter', counter.name, counter.annotations),
          spec: { unit: unitOf(counter.environment, counter.construction) },
          directTableId: tableId,
        });
      }
    }
    const meter = this.attached(object, context.names.meters);
    if (meter !== undefined) {
      if (externKind(this.context, meter.construction) !== 'directMeter') this.expected(meter, 'a direct_meter');
      else {
        const unit = unitOf(meter.environment, meter.construction);
        direct.push(context.symbols.id('directMeter', meter.name));
        this.checkName('direct meter', meter.name, meter.span);
        this.info.directMeters.push({
          preamble: context.preamble('directMeter', meter.name, meter.annotations),
          spec: { unit: unit === UNIT.both ? UNIT.unspecified : unit },
          directTableId: tableId,
        });
      }
    }
    if (direct.length > 0) table.directResourceIds = direct;
  }

  private expected(attached: Attached, what: string): void {
    this.context.reporter.error('expected', attached.span, `this property must be ${what}`);
  }

  /**
   * What a table's property stands for: an instance declared elsewhere, or one made on the spot (then `@name` names
   * it).
   */
  private attached(object: TableObject, propertyName: string): Attached | undefined {
    const property = customProperty(object.declaration, propertyName);
    if (property === undefined) return undefined;
    const { typed, reporter } = this.context;
    const { block } = object;
    const { value } = property;
    const span = value.span;
    if (value.kind === 'ConstructorCallExpression') {
      const construction: ResolvedConstruction | undefined = typed.constructions.get(value);
      if (construction === undefined || construction.target.kind !== 'extern') return undefined;
      const written = stringArgument(property.annotations, 'name');
      if (written === undefined) {
        reporter.error(
          'unsupported',
          span,
          `the ${propertyName} of table '${object.name}' is made in place and has no name`,
          {
            suggestion: `put @name("...") before ${propertyName}, or declare it outside of the table`,
          },
        );
        return undefined;
      }
      // Names of things made inside a table are not prefixed, in p4c either.
      const name = withoutDot(written);
      const { environment } = block;
      return { name, annotations: property.annotations, construction, environment, span, madeInPlace: true };
    }
    const declaration = value.kind === 'PathExpression' ? typed.paths.get(value) : undefined;
    if (declaration?.kind !== 'Instantiation') {
      reporter.error('invalid', span, `the ${propertyName} of table '${object.name}' must be an instance of an extern`);
      return undefined;
    }
    const construction = typed.constructions.get(declaration);
    if (construction === undefined) return undefined;
    const isLocal = (block.declaration.locals as readonly ast.Node[]).includes(declaration);
    const { environment }: { environment: Environment } = block;
    const name = isLocal
      ? nameIn(block, declaration)
      : withoutDot(localName(declaration.name.name, declaration.annotations));
    return { name, annotations: declaration.annotations, construction, environment, span, madeInPlace: false };
  }

  private describeValueSet({ declaration, name, environment }: ValueSetObject): void {
    const { context } = this;
    const { reporter } = context;
    const size = environment.integer(declaration.size);
    if (size === undefined || size < 0n) {
      reporter.error(
        'invalid',
        declaration.size.span,
        `the size of value set '${name}' must be a constant that is not negative`,
      );
      return;
    }
    const type = environment.concrete(context.typed.typeNodes.get(declaration.elementType) ?? T.erroneousType);
    this.checkName('value set', name, declaration.name.span);
    this.info.valueSets.push({
      preamble: context.preamble('valueSet', name, declaration.annotations),
      size: Number(size),
      match: this.valueSetMatch(declaration, name, type),
    });
  }

  private valueSetMatch(declaration: ast.ValueSetDeclaration, name: string, type: T.Type): MatchField[] {
    const { context } = this;
    const { reporter } = context;
    switch (type.kind) {
      case 'bits':
        return [{ id: 1, bitwidth: type.width, match: matchOf('exact') }];
      case 'serializable-enum': {
        const width = context.types.bitwidth(type) ?? 0;
        return type.declaration.members.map((member, index) => ({
          id: index + 1,
          name: member.name.name,
          bitwidth: width,
          match: matchOf('exact'),
        }));
      }
      case 'struct': {
        const ids = fieldIds(
          type.fields.map((field) => field.declaration),
          reporter,
        );
        return type.fields.flatMap((field, index): MatchField[] => {
          const { annotations, span } = field.declaration;
          if (field.type.kind !== 'bits') {
            reporter.error(
              'unsupported',
              span,
              `field '${field.name}' of value set '${name}' must be of type bit<W> for P4Runtime`,
            );
            return [];
          }
          const doc = documentation(annotations);
          const match = annotationNamed(annotations, 'match')?.body;
          const kind = match?.kind === 'Unstructured' ? match.tokens[0]?.text : undefined;
          return [
            {
              id: ids[index]!,
              name: withoutDot(localName(field.name, annotations)),
              bitwidth: field.type.width,
              match: matchOf(kind ?? 'exact'),
              ...annotationFields(annotations, context.evaluate, (annotation) => annotation === 'match'),
              ...(doc === undefined ? {} : { doc }),
            },
          ];
        });
      }
      default:
        reporter.error(
          'unsupported',
          declaration.elementType.span,
          `P4Runtime cannot fill value set '${name}': its elements must be bit<W>, a struct of those, or a serializable enum`,
        );
        return [];
    }
  }

  private describeControllerHeader(declaration: ast.HeaderDeclaration): void {
    const { context } = this;
    if (isHidden(declaration.annotations)) return;
    const type = context.typed.declarationTypes.get(declaration);
    const name = stringArgument(declaration.annotations, 'controller_header');
    if (type?.kind !== 'header' || name === undefined) {
      context.reporter.error(
        'invalid',
        declaration.name.span,
        '@controller_header needs a name: @controller_header("packet_in")',
      );
      return;
    }
    const own = withoutDot(localName(declaration.name.name, declaration.annotations));
    this.checkName('controller packet metadata', name, declaration.name.span);
    const fields = flattenedFields(type);
    const ids = fieldIds(fields, context.reporter);
    const metadata = fields.flatMap((field, index) => {
      if (isHidden(field.annotations)) return [];
      context.types.touch();
      context.types.convert(field.type);
      const typeName = context.types.newtypeName(field.type);
      return [
        {
          id: ids[index]!,
          name: field.name,
          ...annotationFields(field.annotations, context.evaluate),
          bitwidth: context.types.bitwidth(field.type) ?? 0,
          ...(typeName === undefined ? {} : { typeName: { name: typeName } }),
        },
      ];
    });
    const preamble = { ...context.preamble('controllerHeader', own, declaration.annotations), name, alias: name };
    this.info.controllerPacketMetadata.push({ preamble, metadata });
  }
}
