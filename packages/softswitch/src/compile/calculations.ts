/**
 * Compiles hash calculations and checksums.
 *
 * The inputs form a bit string; fields of invalid headers are left out, as in BMv2. Inputs are grouped into runs of one
 * header, so validity is asked once a run. Where every run is a whole number of 16-bit words, the Internet checksum is
 * summed straight from the fields without building the string; otherwise it is written to a buffer `B` (view `BD`) and
 * handed to the hash function.
 */
import type { Calculation, CalculationInput, Checksum } from '../model/types.ts';
import type { CompileContext } from './actions.ts';
import { assemble, type BitPiece, emitStore } from './bits.ts';
import { Code } from './code.ts';
import { ExpressionCompiler } from './expressions.ts';
import { at, index, Places, validityOf } from './headers.ts';
import { fieldSlot, limbCount, SLOT } from './layout.ts';
import { fieldDeclaration } from './ranges.ts';
import { constantLimbs } from './values.ts';

/** A run of inputs that are present or absent together. */
interface Run {
  /** Code of the test; 'true' if always present. */
  readonly test: string;
  readonly pieces: BitPiece[];
  bits: number;
  /** A variable field that follows: code of the place of its bytes and of its length. */
  variable: { readonly place: string; readonly length: string } | undefined;
}

/** Code of the name of a calculation's function. */
export function calculationName(index: number): string {
  return `calculation${index}`;
}

/** The function of a calculation; returns a number, or a bigint for 64-bit hashes. */
export function compileCalculation(
  context: CompileContext,
  calculation: Pick<Calculation, 'algorithm' | 'inputs'>,
  name: string,
  hash: string,
): Code {
  const code = new Code(context.names);
  const runs = collectRuns(context, calculation.inputs);
  const withPayload = calculation.inputs.some((input) => input.kind === 'payload');
  const isChecksum = calculation.algorithm === 'csum16' || calculation.algorithm === 'cksum16';
  code.block(`function ${name}()`, () => {
    if (isChecksum && runs.every((run) => run.bits % 16 === 0 && run.variable === undefined)) {
      code.line('let sum = 0;');
      for (const run of runs) {
        const terms: string[] = [];
        for (let bit = 0; bit < run.bits; bit += 16) terms.push(assemble(run.pieces, bit, 16));
        guarded(code, run.test, () => code.line(`sum += ${terms.join(' + ')};`));
      }
      if (withPayload) code.line(`sum += sum16(M, F[${SLOT.payload}], payloadEnd());`);
      code.line('sum = (sum & 65535) + (sum >>> 16);');
      code.line('sum = (sum & 65535) + (sum >>> 16);');
      code.line('return ~sum & 65535;');
      return;
    }
    if (runs.every((run) => run.bits % 8 === 0)) {
      code.line('let n = 0;');
      for (const run of runs) {
        guarded(code, run.test, () => {
          emitStore(code, 'n', run.pieces, run.bits, 'B', 'BD');
          if (run.bits > 0) code.line(`n += ${run.bits / 8};`);
          if (run.variable !== undefined)
            code.line(`n = appendVariable(${run.variable.place}, ${run.variable.length}, n);`);
        });
      }
      if (withPayload) code.line('n = appendPayload(n);');
      code.line(`return ${hash}(B, 0, n);`);
      return;
    }
    // A run that is no whole number of bytes shifts what follows: bits are appended one run at a time.
    code.line('let n = 0;');
    for (const run of runs) {
      guarded(code, run.test, () => {
        for (let bit = 0; bit < run.bits; bit += 32) {
          const width = Math.min(32, run.bits - bit);
          code.line(`n = appendBits(n, ${assemble(run.pieces, bit, width)}, ${width});`);
        }
        if (run.variable !== undefined)
          code.line(`n = appendVariableBits(${run.variable.place}, ${run.variable.length}, n);`);
      });
    }
    code.line('n = (n + 7) >> 3;');
    if (withPayload) code.line('n = appendPayload(n);');
    code.line(`return ${hash}(B, 0, n);`);
  });
  return code;
}

function guarded(code: Code, test: string, body: () => void): void {
  if (test === 'true') body();
  else code.block(`if (${test})`, body);
}

function collectRuns(context: CompileContext, inputs: readonly CalculationInput[]): Run[] {
  const { program, layout } = context;
  const places = new Places(program, layout);
  const runs: Run[] = [];
  const runFor = (test: string): Run => {
    const last = runs.at(-1);
    if (last !== undefined && last.test === test && last.variable === undefined) return last;
    const run: Run = { test, pieces: [], bits: 0, variable: undefined };
    runs.push(run);
    return run;
  };
  const addField = (test: string, width: number, limbs: string[]) => {
    const run = runFor(test);
    run.pieces.push({ offset: run.bits, width, limbs });
    run.bits += width;
  };
  for (const input of inputs) {
    switch (input.kind) {
      case 'constant': {
        // Constants join the run before them: they are there whether its header is valid or not, so only an
        // unconditional run may take them.
        addField('true', input.bitwidth, constantLimbs(input.value, input.bitwidth));
        break;
      }
      case 'field': {
        const header = places.header(input.field.header);
        const field = fieldDeclaration(program, input.field);
        const slot = fieldSlot(program, layout, input.field);
        const test = validityOf(header);
        if (field.variable) {
          runFor(test).variable = {
            place: String(slot),
            length: `F[${index(header.base, layout.types[header.type]!.variableLength)}]`,
          };
        } else {
          addField(
            test,
            field.bitwidth,
            Array.from({ length: limbCount(field.bitwidth) }, (_, i) => at(slot, i)),
          );
        }
        break;
      }
      case 'header': {
        const header = places.header(input.header);
        const type = layout.types[header.type]!;
        const test = validityOf(header);
        for (const [i, field] of program.headerTypes[header.type]!.fields.entries()) {
          if (field.variable) {
            runFor(test).variable = {
              place: index(header.base, type.fields[i]!),
              length: `F[${index(header.base, type.variableLength)}]`,
            };
          } else {
            addField(
              test,
              field.bitwidth,
              Array.from({ length: limbCount(field.bitwidth) }, (_, limb) => at(header.base, type.fields[i]! + limb)),
            );
          }
        }
        break;
      }
      case 'payload':
        break;
    }
  }
  return runs;
}

/** The functions `verifyChecksums()` and `updateChecksums()`. */
export function compileChecksums(context: CompileContext, checksums: readonly Checksum[]): Code {
  const { program, layout } = context;
  const code = new Code(context.names);
  const expressions = () => new ExpressionCompiler(program, layout, code);
  const compute = (checksum: Checksum, position: number) =>
    checksum.calculation < 0 ? `ipv4Checksum${position}()` : `${calculationName(checksum.calculation)}()`;
  code.block('function verifyChecksums()', () => {
    code.line(`F[${SLOT.checksumError}] = 0;`);
    for (const [position, checksum] of checksums.entries()) {
      if (!checksum.verify) continue;
      const header = new Places(program, layout).header(checksum.target.header);
      code.block(`if (${validityOf(header)})`, () => {
        const condition = checksum.condition === undefined ? 'true' : expressions().condition(checksum.condition);
        const field = fieldDeclaration(program, checksum.target);
        const slot = fieldSlot(program, layout, checksum.target);
        const actual = field.bitwidth < 32 ? `F[${slot}]` : `(F[${slot}] >>> 0)`;
        const test =
          field.bitwidth <= 32
            ? `Number(${compute(checksum, position)}) !== ${actual}`
            : `toBig(${compute(checksum, position)}) !== bigN([${Array.from({ length: limbCount(field.bitwidth) }, (_, i) => at(slot, i)).join(', ')}])`;
        code.line(`if (${condition} && ${test}) F[${SLOT.checksumError}] = 1;`);
      });
    }
  });
  code.block('function updateChecksums()', () => {
    for (const [position, checksum] of checksums.entries()) {
      if (!checksum.update) continue;
      const write = () => {
        const field = fieldDeclaration(program, checksum.target);
        const slot = fieldSlot(program, layout, checksum.target);
        const result = code.bind(compute(checksum, position), 'h');
        const limbs =
          field.bitwidth <= 32
            ? [`(Number(${result}) | 0)`]
            : Array.from({ length: limbCount(field.bitwidth) }, (_, i) => `bigLimb(toBig(${result}), ${i})`);
        expressions().storeLimbs(slot, field, limbs, undefined);
      };
      const header = new Places(program, layout).header(checksum.target.header);
      const condition =
        checksum.condition === undefined
          ? checksum.calculation < 0
            ? validityOf(header)
            : 'true'
          : expressions().condition(checksum.condition);
      code.block(`if (${condition})`, write);
    }
  });
  for (const [position, checksum] of checksums.entries()) {
    if (checksum.calculation >= 0) continue;
    // The built-in type: the header as it is, with 0 in the checksum field.
    const header = program.headers[checksum.target.header]!;
    const fields = program.headerTypes[header.type]!.fields;
    const inputs: CalculationInput[] = fields.map((field, i) =>
      i === checksum.target.field
        ? { kind: 'constant', value: 0n, bitwidth: field.bitwidth }
        : { kind: 'field', field: { header: checksum.target.header, field: i } },
    );
    code.append(compileCalculation(context, { algorithm: 'csum16', inputs }, `ipv4Checksum${position}`, 'sum16'));
  }
  return code;
}
