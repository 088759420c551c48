/**
 * Loads a BMv2 JSON program: text or bytes in, a checked `Program` out, or a `ProgramError` that names the place.
 *
 * Sections are read in dependency order. After that, what simple_switch itself needs is checked: the parser, deparser
 * and pipelines by their fixed names and the standard metadata fields. Format version 2.x up to 2.24 is accepted; a
 * program without version is taken as 2.x.
 */
import { loadActions } from './load-actions.ts';
import {
  loadCalculations,
  loadChecksums,
  loadCounters,
  loadFieldLists,
  loadLearnLists,
  loadMeters,
  loadRegisters,
  loadValueSets,
} from './load-externs.ts';
import {
  loadErrors,
  loadFieldAliases,
  loadHeaderStacks,
  loadHeaders,
  loadHeaderTypes,
  loadHeaderUnions,
} from './load-headers.ts';
import { loadDeparsers, loadParsers } from './load-parsers.ts';
import { loadPipelines } from './load-pipelines.ts';
import { Node, ProgramError } from './reader.ts';
import { Symbols } from './symbols.ts';
import type { Program } from './types.ts';

const MAJOR_VERSION = 2;
const MAX_MINOR_VERSION = 24;

/** Fields of `standard_metadata` without which no packet can be handled. */
const REQUIRED_FIELDS = ['ingress_port', 'packet_length', 'instance_type', 'egress_spec', 'egress_port'];

/**
 * Loads a program.
 *
 * @param source JSON text, its UTF-8 bytes, or the parsed value.
 * @throws ProgramError when the program is malformed or needs something this switch does not have.
 */
export function loadProgram(source: string | Uint8Array | object): Program {
  const root = new Node(source instanceof Uint8Array || typeof source === 'string' ? parseJson(source) : source, '');
  checkVersion(root);
  const symbols = new Symbols();
  loadHeaderTypes(root, symbols);
  loadHeaders(root, symbols);
  loadHeaderStacks(root, symbols);
  loadHeaderUnions(root, symbols);
  loadFieldAliases(root, symbols);
  loadErrors(root, symbols);
  const externs = root.get('extern_instances').itemsOrNone();
  if (externs.length > 0) externs[0]!.unsupported('this switch has no extern objects other than those of v1model');
  const parseValueSets = loadValueSets(root, symbols);
  const calculations = loadCalculations(root, symbols);
  const counters = loadCounters(root, symbols);
  const meters = loadMeters(root, symbols);
  const registers = loadRegisters(root, symbols);
  const parsers = loadParsers(root, symbols);
  const deparsers = loadDeparsers(root, symbols);
  const actions = loadActions(root, symbols);
  const { pipelines, tables, actionProfiles } = loadPipelines(root, { symbols, actions, meters });
  const program: Program = {
    name: root.get('program').isNull ? '' : root.get('program').string(),
    headerTypes: symbols.headerTypes,
    headers: symbols.headers,
    headerStacks: symbols.stacks,
    headerUnions: symbols.unions,
    headerUnionStacks: symbols.unionStacks,
    fieldAliases: symbols.aliases,
    errors: symbols.errors,
    parseValueSets,
    parsers,
    deparsers,
    calculations,
    checksums: loadChecksums(root, symbols),
    counters,
    meters,
    registers,
    actions,
    actionProfiles,
    tables,
    pipelines,
    fieldLists: loadFieldLists(root, symbols),
    learnLists: loadLearnLists(root, symbols),
  };
  checkTarget(program, symbols);
  return program;
}

function parseJson(source: string | Uint8Array): unknown {
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProgramError('', `the program is not JSON: ${(error as Error).message}`);
  }
}

function checkVersion(root: Node): void {
  const meta = root.get('__meta__');
  if (meta.isNull || meta.get('version').isNull) return;
  const [major, minor] = meta.get('version').items(2) as [Node, Node];
  if (major.integer() !== MAJOR_VERSION || minor.integer() > MAX_MINOR_VERSION) {
    meta
      .get('version')
      .unsupported(
        `format version ${major.value}.${minor.value} is not supported, expected ${MAJOR_VERSION}.0 to ${MAJOR_VERSION}.${MAX_MINOR_VERSION}`,
      );
  }
}

function checkTarget(program: Program, symbols: Symbols): void {
  for (const field of REQUIRED_FIELDS) {
    if (symbols.targetField('standard_metadata', field) === undefined) {
      throw new ProgramError('headers', `the program has no field standard_metadata.${field}, which the switch needs`);
    }
  }
  const need = (kind: string, names: readonly { readonly name: string }[], name: string) => {
    if (!names.some((each) => each.name === name))
      throw new ProgramError(kind, `the program has no ${kind.slice(0, -1)} named '${name}'`);
  };
  need('parsers', program.parsers, 'parser');
  need('deparsers', program.deparsers, 'deparser');
  need('pipelines', program.pipelines, 'ingress');
  need('pipelines', program.pipelines, 'egress');
}
