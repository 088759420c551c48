/**
 * Loads calculations, checksums, counters, meters, registers, value sets, field lists and learn lists.
 *
 * Hash algorithms are checked against the list of those this package implements; `crcN_custom` variants with parameters
 * in the name are BMv2's way of declaring a CRC in full and are parsed where the hash is made (`runtime/hash.ts`).
 */
import { knownHashAlgorithms } from '../runtime/hash.ts';
import { loadTyped } from './load-expressions.ts';
import { Ids, Names, type Node, nearest } from './reader.ts';
import type { Symbols } from './symbols.ts';
import type {
  Calculation,
  CalculationInput,
  Checksum,
  CounterArray,
  FieldList,
  FieldRef,
  LearnList,
  MeterArray,
  ParseValueSet,
  RegisterArray,
} from './types.ts';

/** Largest extern array accepted, in cells. */
const MAX_CELLS = 1 << 28;

export function checkHashAlgorithm(node: Node): string {
  const algorithm = node.string();
  if (!knownHashAlgorithms.has(algorithm)) {
    const suggestion = nearest(algorithm, knownHashAlgorithms.keys());
    node.unsupported(
      `unknown hash algorithm '${algorithm}'${suggestion === undefined ? '' : `, did you mean '${suggestion}'?`}`,
    );
  }
  return algorithm;
}

export function loadCalculationInputs(node: Node, symbols: Symbols): CalculationInput[] {
  return node.items().map((input) => {
    const type = input.get('type').string();
    const value = input.get('value');
    switch (type) {
      case 'field':
        return { kind: 'field', field: symbols.field(value) };
      case 'hexstr': {
        const bitwidth = input.get('bitwidth').integer(1);
        return { kind: 'constant', value: value.hexOfWidth(bitwidth), bitwidth };
      }
      case 'header':
        return { kind: 'header', header: symbols.headerNames.resolve(value) };
      case 'payload':
        return { kind: 'payload' };
      default:
        return input.get('type').fail(`'${type}' cannot be an input of a calculation`);
    }
  });
}

export function loadCalculations(root: Node, symbols: Symbols): Calculation[] {
  return root
    .get('calculations')
    .itemsOrNone()
    .map((node) => {
      const name = symbols.calculationNames.add(node.get('name'));
      return {
        name,
        algorithm: checkHashAlgorithm(node.get('algo')),
        inputs: loadCalculationInputs(node.get('input'), symbols),
      };
    });
}

export function loadChecksums(root: Node, symbols: Symbols): Checksum[] {
  return root
    .get('checksums')
    .itemsOrNone()
    .map((node) => {
      const type = node.get('type').oneOf(['generic', 'ipv4']);
      const condition = node.get('if_cond');
      const target = symbols.field(node.get('target'));
      if (type === 'ipv4' && symbols.declaration(target).bitwidth !== 16)
        node.get('target').fail('an IPv4 checksum field has 16 bits');
      return {
        name: node.get('name').string(),
        target,
        calculation: type === 'ipv4' ? -1 : symbols.calculationNames.resolve(node.get('calculation')),
        condition: condition.isNull ? undefined : loadTyped(condition, symbols, 'bool'),
        update: node.get('update').booleanOr(true),
        verify: node.get('verify').booleanOr(true),
      };
    });
}

export function loadCounters(root: Node, symbols: Symbols): CounterArray[] {
  const ids = new Ids('counter array');
  return root
    .get('counter_arrays')
    .itemsOrNone()
    .map((node) => {
      ids.add(node.get('id'));
      const direct = node.get('is_direct').booleanOr(false);
      return {
        name: symbols.counterNames.add(node.get('name')),
        size: direct ? 0 : node.get('size').integer(0, MAX_CELLS),
        table: direct && !node.get('binding').isNull ? node.get('binding').string() : undefined,
      };
    });
}

export function loadMeters(root: Node, symbols: Symbols): MeterArray[] {
  const ids = new Ids('meter array');
  return root
    .get('meter_arrays')
    .itemsOrNone()
    .map((node) => {
      ids.add(node.get('id'));
      const direct = node.get('is_direct').booleanOr(false);
      const target = node.get('result_target');
      let resultTarget: FieldRef | undefined;
      if (direct) resultTarget = symbols.field(target);
      return {
        name: symbols.meterNames.add(node.get('name')),
        unit: node.get('type').oneOf(['bytes', 'packets']),
        rateCount: node.get('rate_count').isNull ? 2 : node.get('rate_count').integer(1, 2),
        size: node.get('size').isNull && direct ? 0 : node.get('size').integer(0, MAX_CELLS),
        direct,
        resultTarget,
      };
    });
}

export function loadRegisters(root: Node, symbols: Symbols): RegisterArray[] {
  const ids = new Ids('register array');
  return root
    .get('register_arrays')
    .itemsOrNone()
    .map((node) => {
      ids.add(node.get('id'));
      return {
        name: symbols.registerNames.add(node.get('name')),
        bitwidth: node.get('bitwidth').integer(1, 1 << 16),
        size: node.get('size').integer(0, MAX_CELLS),
      };
    });
}

export function loadValueSets(root: Node, symbols: Symbols): ParseValueSet[] {
  return root
    .get('parse_vsets')
    .itemsOrNone()
    .map((node) => ({
      name: symbols.valueSetNames.add(node.get('name')),
      bitwidth: node.get('compressed_bitwidth').integer(1),
    }));
}

export function loadFieldLists(root: Node, symbols: Symbols): FieldList[] {
  const ids = new Ids('field list');
  return root
    .get('field_lists')
    .itemsOrNone()
    .map((node) => {
      const id = ids.add(node.get('id'));
      const fields: FieldRef[] = [];
      for (const element of node.get('elements').items()) {
        const type = element.get('type').oneOf(['field', 'hexstr']);
        // A constant in a field list is copied nowhere.
        if (type === 'field') fields.push(symbols.field(element.get('value')));
      }
      return { id, fields };
    });
}

export function loadLearnLists(root: Node, symbols: Symbols): LearnList[] {
  const ids = new Ids('learn list');
  const names = new Names('learn list');
  return root
    .get('learn_lists')
    .itemsOrNone()
    .map((node) => ({
      id: ids.add(node.get('id')),
      name: names.add(node.get('name')),
      fields: node
        .get('elements')
        .items()
        .map((element) => {
          element.get('type').oneOf(['field']);
          const field = symbols.field(element.get('value'));
          if (symbols.declaration(field).variable)
            element.unsupported('a digest cannot hold a field of variable length');
          return field;
        }),
    }));
}
