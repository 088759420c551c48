// Random expressions, compiled and run, against the same expressions evaluated with unbounded integers.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign, base, expression, field, hex, type Json, operation, run } from './support/program.ts';

/** Fields the expressions read, and their widths; two are signed. */
const INPUTS: readonly [string, number, boolean][] = [
  ['u8', 8, false],
  ['u32', 32, false],
  ['u48', 48, false],
  ['u64', 64, false],
  ['u128', 128, false],
  ['s16', 16, true],
  ['s32', 32, true],
  ['u8b', 8, false],
];

/** Fields results are stored in. */
const OUTPUTS: readonly [string, number, boolean][] = [
  ['r8', 8, false],
  ['r32', 32, false],
  ['r64', 64, false],
  ['r128', 128, false],
  ['q16', 16, true],
  ['q64', 64, true],
];

type Tree =
  | { readonly kind: 'field'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: bigint }
  | { readonly kind: 'binary'; readonly op: string; readonly left: Tree; readonly right: Tree }
  | { readonly kind: 'shift'; readonly op: string; readonly left: Tree; readonly by: Tree }
  | { readonly kind: 'cast'; readonly op: string; readonly left: Tree; readonly bits: bigint }
  | { readonly kind: 'complement'; readonly operand: Tree }
  | {
      readonly kind: 'choice';
      readonly op: string;
      readonly a: Tree;
      readonly b: Tree;
      readonly left: Tree;
      readonly right: Tree;
    };

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({ kind: fc.constant('field' as const), index: fc.nat(INPUTS.length - 1) }),
    fc.record({
      kind: fc.constant('constant' as const),
      value: fc.oneof(
        fc.bigInt(0n, 255n),
        fc.bigInt(0n, (1n << 70n) - 1n),
        fc.constantFrom(0xffn, 0xffffffffn, (1n << 64n) - 1n),
      ),
    }),
    fc.record({
      kind: fc.constant('binary' as const),
      op: fc.constantFrom('+', '-', '*', '&', '|', '^', '/', '%'),
      left: tie('tree'),
      right: tie('tree'),
    }),
    fc.record({
      kind: fc.constant('shift' as const),
      op: fc.constantFrom('<<', '>>'),
      left: tie('tree'),
      by: fc.oneof(
        fc.record({ kind: fc.constant('constant' as const), value: fc.bigInt(0n, 140n) }),
        fc.constant({ kind: 'field' as const, index: 0 }),
      ),
    }),
    fc.record({
      kind: fc.constant('cast' as const),
      op: fc.constantFrom('two_comp_mod', 'usat_cast', 'sat_cast'),
      left: tie('tree'),
      bits: fc.constantFrom(8n, 16n, 32n, 48n, 64n),
    }),
    fc.record({ kind: fc.constant('complement' as const), operand: tie('tree') }),
    fc.record({
      kind: fc.constant('choice' as const),
      op: fc.constantFrom('==', '!=', '<', '>', '<=', '>='),
      a: tie('tree'),
      b: tie('tree'),
      left: tie('tree'),
      right: tie('tree'),
    }),
  ),
}));

function toJson(node: Tree): Json {
  switch (node.kind) {
    case 'field':
      return field('in', INPUTS[node.index]![0]);
    case 'constant':
      return hex(node.value);
    case 'binary':
      return operation(node.op, toJson(node.left), toJson(node.right));
    case 'shift':
      return operation(node.op, toJson(node.left), toJson(node.by));
    case 'cast':
      return operation(node.op, toJson(node.left), hex(node.bits));
    case 'complement':
      return operation('~', null, toJson(node.operand));
    case 'choice':
      return expression({
        op: '?',
        left: toJson(node.left),
        right: toJson(node.right),
        cond: operation(node.op, toJson(node.a), toJson(node.b)),
      });
  }
}

/** The value; undefined where BMv2 does not define it (negative operands of / and %, zero divisors). */
function evaluate(node: Tree, inputs: readonly bigint[]): bigint | undefined {
  switch (node.kind) {
    case 'field':
      return inputs[node.index];
    case 'constant':
      return node.value;
    case 'complement': {
      const value = evaluate(node.operand, inputs);
      return value === undefined ? undefined : ~value;
    }
    case 'choice': {
      const [a, b] = [evaluate(node.a, inputs), evaluate(node.b, inputs)];
      const [left, right] = [evaluate(node.left, inputs), evaluate(node.right, inputs)];
      if (a === undefined || b === undefined || left === undefined || right === undefined) return undefined;
      const results: Record<string, boolean> = {
        '==': a === b,
        '!=': a !== b,
        '<': a < b,
        '>': a > b,
        '<=': a <= b,
        '>=': a >= b,
      };
      return results[node.op] ? left : right;
    }
    case 'cast': {
      const value = evaluate(node.left, inputs);
      if (value === undefined) return undefined;
      const bits = Number(node.bits);
      if (node.op === 'two_comp_mod') return BigInt.asIntN(bits, value);
      const low = node.op === 'usat_cast' ? 0n : -(1n << (node.bits - 1n));
      const high = node.op === 'usat_cast' ? (1n << node.bits) - 1n : (1n << (node.bits - 1n)) - 1n;
      return value < low ? low : value > high ? high : value;
    }
    case 'shift': {
      const [left, by] = [evaluate(node.left, inputs), evaluate(node.by, inputs)];
      if (left === undefined || by === undefined) return undefined;
      return node.op === '<<' ? left << by : left >> by;
    }
    case 'binary': {
      const [left, right] = [evaluate(node.left, inputs), evaluate(node.right, inputs)];
      if (left === undefined || right === undefined) return undefined;
      if (node.op === '/' || node.op === '%') {
        if (left < 0n || right <= 0n) return undefined;
        return node.op === '/' ? left / right : left % right;
      }
      const results: Record<string, bigint> = {
        '+': left + right,
        '-': left - right,
        '*': left * right,
        '&': left & right,
        '|': left | right,
        '^': left ^ right,
      };
      return results[node.op];
    }
  }
}

function hexOf(value: bigint, bits: number): string {
  return BigInt.asUintN(bits, value)
    .toString(16)
    .padStart(bits / 4, '0');
}

test('compiled expressions compute what unbounded integers compute', () => {
  const values = fc.tuple(
    ...INPUTS.map(([, bits]) =>
      fc.oneof(
        fc.bigInt(0n, (1n << BigInt(bits)) - 1n),
        fc.constantFrom(0n, 1n, (1n << BigInt(bits)) - 1n, 1n << BigInt(bits - 1)),
      ),
    ),
  );
  fc.assert(
    fc.property(tree, fc.array(values, { minLength: 1, maxLength: 4 }), (node, packets) => {
      const json = base();
      json.header_types.push({ name: 'in_t', id: 3, fields: INPUTS }, { name: 'out_t', id: 4, fields: OUTPUTS });
      json.headers.push(
        { name: 'in', id: 3, header_type: 'in_t', metadata: false },
        { name: 'out', id: 4, header_type: 'out_t', metadata: false },
      );
      json.parsers[0]!.parse_states = [
        {
          name: 'start',
          id: 0,
          parser_ops: [{ op: 'extract', parameters: [{ type: 'regular', value: 'in' }] }],
          transitions: [],
          transition_key: [],
        },
      ];
      json.deparsers[0]!.order = ['out'];
      json.actions = [
        {
          name: 'forward',
          id: 0,
          runtime_data: [],
          primitives: [
            { op: 'add_header', parameters: [{ type: 'header', value: 'out' }] },
            ...OUTPUTS.map(([name]) => assign(field('out', name), expression(toJson(node)))),
            assign(field('standard_metadata', 'egress_spec'), hex(1)),
          ],
        },
      ];
      const { send } = run(json);
      for (const packet of packets) {
        const inputs = packet.map((value, i) => (INPUTS[i]![2] ? BigInt.asIntN(INPUTS[i]![1], value) : value));
        const result = evaluate(node, inputs);
        const bytes = INPUTS.map(([, bits], i) => hexOf(packet[i]!, bits)).join('');
        const [sent] = send(0, bytes);
        if (result === undefined) continue;
        expect(sent!.bytes).toBe(OUTPUTS.map(([, bits]) => hexOf(result, bits)).join(''));
      }
    }),
    { numRuns: 150 },
  );
});
