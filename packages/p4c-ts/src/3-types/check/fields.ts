// Fields of structures by their names. A metadata structure has a hundred fields and is named a thousand times: each
// type's are entered into a table when the first of them is looked for, and everything that names one field shares what
// is said about it.

import type { MemberTarget } from '../typed-program.ts';
import type { StructureType, Type } from '../types.ts';

/** A field, and what an expression that names it stands for. */
export interface NamedField {
  readonly type: Type;
  readonly target: MemberTarget & { readonly kind: 'field' };
}

/** See the top of the file. */
export class Fields {
  private readonly known = new Map<StructureType, ReadonlyMap<string, NamedField>>();

  /** The type's field of that name; undefined if it has none. */
  named(type: StructureType, name: string): NamedField | undefined {
    let fields = this.known.get(type);
    if (fields === undefined) {
      fields = byName(type);
      this.known.set(type, fields);
    }
    return fields.get(name);
  }
}

function byName(type: StructureType): ReadonlyMap<string, NamedField> {
  const fields = new Map<string, NamedField>();
  type.fields.forEach(({ name, type: fieldType, declaration }, index) => {
    fields.set(name, { type: fieldType, target: { kind: 'field', declaration, index } });
  });
  return fields;
}
