/**
 * The names of a program while it is being loaded: header types, headers, stacks, unions and externs, filled in load
 * order and consulted by the loaders that come later (a reference to something defined later in that order is an error,
 * as in BMv2). Field references in the JSON are pairs `[header, field]`, with aliases of the target's names looked up
 * first.
 */
import { Ids, Names, type Node, nearest } from './reader.ts';
import {
  type Field,
  type FieldRef,
  type Header,
  type HeaderStack,
  type HeaderType,
  type HeaderUnion,
  type HeaderUnionStack,
  VALID_FIELD,
} from './types.ts';

/** Everything that later loaders look names up in. */
export class Symbols {
  readonly headerTypeNames = new Names('header type');
  readonly headerTypes: HeaderType[] = [];
  readonly headerNames = new Names('header');
  readonly headerIds = new Ids('header');
  readonly headers: Header[] = [];
  readonly stackNames = new Names('header stack');
  readonly stacks: HeaderStack[] = [];
  readonly unionNames = new Names('header union');
  readonly unionIds = new Ids('header union');
  readonly unions: HeaderUnion[] = [];
  readonly unionStackNames = new Names('header union stack');
  readonly unionStacks: HeaderUnionStack[] = [];
  readonly aliases = new Map<string, FieldRef>();
  readonly errors = new Map<string, number>();
  readonly valueSetNames = new Names('parser value set');
  readonly calculationNames = new Names('calculation');
  readonly counterNames = new Names('counter array');
  readonly meterNames = new Names('meter array');
  readonly registerNames = new Names('register array');
  readonly actionIds = new Ids('action');

  /** Whether a header type has a field of a name. */
  hasField(type: number, name: string): boolean {
    return this.headerTypes[type]!.fields.some((field) => field.name === name);
  }

  /** Position of a field in a header type. */
  fieldOfType(type: number, name: Node): number {
    const text = name.string();
    if (text === '$valid$') return VALID_FIELD;
    const headerType = this.headerTypes[type]!;
    const index = headerType.fields.findIndex((field) => field.name === text);
    if (index < 0) {
      const suggestion = nearest(
        text,
        headerType.fields.map((field) => field.name),
      );
      name.fail(
        `header type '${headerType.name}' has no field '${text}'${suggestion === undefined ? '' : `, did you mean '${suggestion}'?`}`,
      );
    }
    return index;
  }

  /** Resolves a pair `[header, field]`. */
  field(pair: Node): FieldRef {
    const [header, field] = pair.items(2) as [Node, Node];
    const alias = this.aliases.get(`${header.string()}.${field.string()}`);
    if (alias !== undefined && this.headerNames.find(header.string()) === undefined) return alias;
    const index = this.headerNames.resolve(header);
    return { header: index, field: this.fieldOfType(this.headers[index]!.type, field) };
  }

  /** A field by the name a target uses for it, through aliases; undefined where the program has none. */
  targetField(header: string, field: string): FieldRef | undefined {
    const alias = this.aliases.get(`${header}.${field}`);
    if (alias !== undefined) return alias;
    const index = this.headerNames.find(header);
    if (index === undefined) return undefined;
    const position = this.headerTypes[this.headers[index]!.type]!.fields.findIndex(
      (candidate) => candidate.name === field,
    );
    return position < 0 ? undefined : { header: index, field: position };
  }

  /** The declaration a reference points to. */
  declaration(ref: FieldRef): Field {
    if (ref.field === VALID_FIELD) return VALID_DECLARATION;
    return this.headerTypes[this.headers[ref.header]!.type]!.fields[ref.field]!;
  }
}

const VALID_DECLARATION: Field = { name: '$valid$', bitwidth: 1, signed: false, saturating: false, variable: false };
