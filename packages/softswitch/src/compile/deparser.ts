/**
 * Compiles the deparser: checksum updates, then the valid headers written in order in front of the payload.
 *
 * Headers are written backwards from the payload, into the room that the parsed headers took or into the headroom of
 * the buffer, so that the payload is never moved. Each header becomes a few 32-bit stores composed of its fields.
 */
import type { Deparser } from '../model/types.ts';
import { type CompileContext, compilePrimitives } from './actions.ts';
import { type BitPiece, emitStore } from './bits.ts';
import { Code } from './code.ts';
import { at, index, Places, validityOf } from './headers.ts';
import { limbCount, SLOT } from './layout.ts';

/**
 * The function `deparse()`: returns the position of the first byte of the packet to send, or -1 when the headers do not
 * fit into the buffer's headroom.
 */
export function compileDeparser(context: CompileContext, deparser: Deparser): Code {
  const { program, layout } = context;
  const code = new Code(context.names);
  const places = new Places(program, layout);
  code.block('function deparse()', () => {
    code.line('updateChecksums();');
    for (const primitive of deparser.primitives) compilePrimitives(context, code, [primitive]);
    code.line(`let p = F[${SLOT.payload}];`);
    for (const header of [...deparser.headers].reverse()) {
      const place = places.header(header);
      const type = layout.types[place.type]!;
      const { fields, variableField } = program.headerTypes[place.type]!;
      code.block(`if (${validityOf(place)})`, () => {
        const pieces = (from: number, to: number): { pieces: BitPiece[]; bits: number } => {
          const result: BitPiece[] = [];
          let offset = 0;
          for (let i = from; i < to; i++) {
            const width = fields[i]!.bitwidth;
            result.push({
              offset,
              width,
              limbs: Array.from({ length: limbCount(width) }, (_, limb) => at(place.base, type.fields[i]! + limb)),
            });
            offset += width;
          }
          return { pieces: result, bits: offset };
        };
        const emit = (from: number, to: number) => {
          const part = pieces(from, to);
          if (part.bits === 0) return;
          code.line(`p -= ${part.bits >> 3};`);
          code.line('if (p < I[1]) return -1;');
          emitStore(code, 'p', part.pieces, part.bits);
        };
        if (variableField < 0) {
          emit(0, fields.length);
        } else {
          emit(variableField + 1, fields.length);
          const bytes = code.bind(`${at(place.base, type.variableLength)} >> 3`, 'n');
          code.line(`p -= ${bytes};`);
          code.line('if (p < I[1]) return -1;');
          code.line(`storeVariable(${index(place.base, type.fields[variableField]!)}, p, ${bytes});`);
          emit(0, variableField);
        }
        if (context.trace) code.line(`trace.emit(${index(place.valid)});`);
      });
    }
    code.line('return p;');
  });
  return code;
}
