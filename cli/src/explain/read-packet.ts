/**
 * Gets the packet that the command line names: hexadecimal digits, or the n-th packet of a pcap file. What consists of
 * hexadecimal digits only is taken as such, since a capture's name ends with .pcap.
 */
import { CommandFailure, UsageError } from '../command-line/errors.ts';

/**
 * The packet's bytes.
 *
 * @param text hexadecimal (blanks, colons, dashes and a leading 0x may stand in it) or a file's name
 * @param position which packet of the file, from 1
 * @param readCapture reads a pcap file; its errors are passed on as `BAD_PACKET`
 * @throws UsageError when digits are missing; CommandFailure when the file has no such packet
 */
export function readPacket(
  text: string,
  position: number | undefined,
  readCapture: (path: string) => readonly { readonly bytes: Uint8Array }[],
): Uint8Array {
  const digits = text.replace(/^0x/i, '').replace(/[\s:-]/g, '');
  if (/^[0-9a-f]*$/i.test(digits)) {
    if (digits.length % 2 !== 0)
      throw new UsageError(`PACKET has ${digits.length} hexadecimal digits; whole bytes need an even number`, {
        field: 'PACKET',
      });
    if (position !== undefined)
      throw new UsageError('--packet chooses from a pcap file, but PACKET is hexadecimal', { field: '--packet' });
    return new Uint8Array(Buffer.from(digits, 'hex'));
  }
  const packets = (() => {
    try {
      return readCapture(text);
    } catch (error) {
      throw new CommandFailure(`the packet cannot be read: ${(error as Error).message}`, {
        code: 'BAD_PACKET',
        field: 'PACKET',
        hint: 'PACKET is hexadecimal digits or the name of a pcap file.',
      });
    }
  })();
  const packet = packets[(position ?? 1) - 1];
  if (packet === undefined)
    throw new CommandFailure(`${text} has ${packets.length} packets, there is no packet ${position ?? 1}`, {
      code: 'BAD_PACKET',
      field: '--packet',
    });
  return packet.bytes;
}
