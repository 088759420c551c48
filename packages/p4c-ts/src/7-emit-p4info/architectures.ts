/**
 * What the standard architectures call the things that P4Info describes: names of extern types, of constructor
 * parameters, of table properties. Everything else about P4Info is the same for all of them.
 */
import type { TypedProgram } from '../3-types/typed-program.ts';
import type { SymbolKind } from './model.ts';

/** Names of one architecture. */
export interface ArchitectureNames {
  /** Extern type -> kind of object. */
  readonly externs: Readonly<Record<string, SymbolKind>>;
  /** The extern type of action profiles with a selector. */
  readonly selector: string;
  /** Constructor parameter that gives the size of a counter or meter. */
  readonly counterSize: string;
  readonly meterSize: string;
  /** Table properties. */
  readonly implementation: string;
  readonly counters: string;
  readonly meters: string;
  readonly idleTimeout: string;
  /** Position of the index type among the type arguments; undefined where indexes are plain numbers. */
  readonly counterIndexType: number | undefined;
  readonly meterIndexType: number | undefined;
  readonly registerIndexType: number | undefined;
}

const V1MODEL: ArchitectureNames = {
  externs: {
    counter: 'counter',
    direct_counter: 'directCounter',
    meter: 'meter',
    direct_meter: 'directMeter',
    register: 'register',
    action_profile: 'actionProfile',
    action_selector: 'actionProfile',
  },
  selector: 'action_selector',
  counterSize: 'size',
  meterSize: 'size',
  implementation: 'implementation',
  counters: 'counters',
  meters: 'meters',
  idleTimeout: 'support_timeout',
  counterIndexType: undefined,
  meterIndexType: undefined,
  registerIndexType: undefined,
};

const PSA: ArchitectureNames = {
  externs: {
    Counter: 'counter',
    DirectCounter: 'directCounter',
    Meter: 'meter',
    DirectMeter: 'directMeter',
    Register: 'register',
    ActionProfile: 'actionProfile',
    ActionSelector: 'actionProfile',
    Digest: 'digest',
  },
  selector: 'ActionSelector',
  counterSize: 'n_counters',
  meterSize: 'n_meters',
  implementation: 'psa_implementation',
  counters: 'psa_direct_counter',
  meters: 'psa_direct_meter',
  idleTimeout: 'psa_idle_timeout',
  counterIndexType: 1,
  meterIndexType: 0,
  registerIndexType: 1,
};

const PNA: ArchitectureNames = {
  ...PSA,
  implementation: 'pna_implementation',
  counters: 'pna_direct_counter',
  meters: 'pna_direct_meter',
};

/** The Tofino Native Architecture. Selectors, which stand beside their profile there, are left out. */
const TNA: ArchitectureNames = {
  ...PSA,
  externs: Object.fromEntries(Object.entries(PSA.externs).filter(([name]) => name !== 'ActionSelector')),
  counterSize: 'size',
  meterSize: 'size',
  implementation: 'implementation',
  counters: 'counters',
  meters: 'meters',
  idleTimeout: 'idle_timeout',
};

const NAMES: Readonly<Record<string, ArchitectureNames>> = { psa: PSA, pna: PNA, tna: TNA };

/** The names of an architecture; those of v1model for one that is not known. */
export function architectureNames(arch: string): ArchitectureNames {
  return NAMES[arch] ?? V1MODEL;
}

/** The architecture of a program, told from the package that `main` is made of. */
export function architectureOf(typed: TypedProgram): string {
  const target = typed.main && typed.constructions.get(typed.main)?.target;
  switch (target?.name) {
    case 'PSA_Switch':
      return 'psa';
    case 'PNA_NIC':
      return 'pna';
    case 'Switch':
      // A name that anybody may have given; its declaration says whose it is.
      return target.kind === 'package' && target.declaration.annotations.some(({ name }) => name.name === 'pkginfo')
        ? 'tna'
        : 'v1model';
    default:
      return 'v1model';
  }
}
