/**
 * The parts of P4Info that a data plane needs, as plain data.
 *
 * A P4Info message is an object of this shape; a smaller type keeps tests and worker messages simple (messages between
 * threads carry plain data only).
 */

interface Preamble {
  readonly id: number;
  readonly name: string;
}

interface P4InfoMatchField {
  readonly name: string;
  readonly bitwidth: number;
  /** The match type's number is in `value`. */
  readonly match?: { readonly value?: unknown } | undefined;
}

/** `MatchField.MatchType.OPTIONAL`. */
export const OPTIONAL_MATCH = 6;

export interface P4InfoLike {
  readonly tables: readonly {
    readonly preamble?: Preamble | undefined;
    readonly matchFields: readonly P4InfoMatchField[];
    readonly actionRefs: readonly { readonly id: number }[];
  }[];
  readonly actions: readonly {
    readonly preamble?: Preamble | undefined;
    readonly params: readonly { readonly bitwidth: number }[];
  }[];
  readonly actionProfiles: readonly {
    readonly preamble?: Preamble | undefined;
    /** Tables that use it. */
    readonly tableIds: readonly number[];
  }[];
  readonly counters: readonly { readonly preamble?: Preamble | undefined }[];
  readonly meters: readonly { readonly preamble?: Preamble | undefined }[];
  readonly registers: readonly { readonly preamble?: Preamble | undefined }[];
  readonly valueSets: readonly { readonly preamble?: Preamble | undefined }[];
  readonly digests: readonly { readonly preamble?: Preamble | undefined }[];
}

/** Copies what is needed into plain objects. */
export function plainP4Info(p4info: P4InfoLike): P4InfoLike {
  const preambled = (objects: readonly { readonly preamble?: Preamble | undefined }[]) =>
    objects.map(({ preamble }) => ({
      preamble: preamble === undefined ? undefined : { id: preamble.id, name: preamble.name },
    }));
  return {
    tables: p4info.tables.map((table, i) => ({
      ...preambled(p4info.tables)[i]!,
      matchFields: table.matchFields.map(({ name, bitwidth, match }) => ({
        name,
        bitwidth,
        match: { value: match?.value },
      })),
      actionRefs: table.actionRefs.map(({ id }) => ({ id })),
    })),
    actions: p4info.actions.map((action, i) => ({
      ...preambled(p4info.actions)[i]!,
      params: action.params.map(({ bitwidth }) => ({ bitwidth })),
    })),
    actionProfiles: p4info.actionProfiles.map(({ tableIds }, i) => ({
      ...preambled(p4info.actionProfiles)[i]!,
      tableIds: [...tableIds],
    })),
    counters: preambled(p4info.counters),
    meters: preambled(p4info.meters),
    registers: preambled(p4info.registers),
    valueSets: preambled(p4info.valueSets),
    digests: preambled(p4info.digests),
  };
}
