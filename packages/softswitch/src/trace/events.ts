/**
 * A packet's way through the switch as data: what `DataPlane.trace` returns. Plain objects, so they can be printed as
 * JSON.
 */

import { assertNever } from '../model/types.ts';

/** Values are hexadecimal strings with 0x; bytes are hexadecimal without. */
export type TraceEvent =
  /** A packet, or a second pass of one, enters. */
  | { readonly kind: 'received'; readonly port: number; readonly bytes: string }
  | { readonly kind: 'parser state'; readonly state: string }
  | { readonly kind: 'extract'; readonly header: string; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: 'parser error'; readonly error: string }
  | { readonly kind: 'pipeline'; readonly name: string }
  | { readonly kind: 'condition'; readonly name: string; readonly source: string; readonly result: boolean }
  | {
      readonly kind: 'table';
      readonly table: string;
      readonly key: Readonly<Record<string, string>>;
      /** The entry that matched; undefined: none, the default action runs. */
      readonly slot: number | undefined;
      readonly entries: number;
      /** Some of the entries that did not match, with the first key field that differs. */
      readonly others: readonly { readonly slot: number; readonly differs: string }[];
    }
  | { readonly kind: 'member'; readonly profile: string; readonly member: number }
  | { readonly kind: 'action'; readonly action: string; readonly arguments: Readonly<Record<string, string>> }
  | { readonly kind: 'field'; readonly field: string; readonly value: string }
  | { readonly kind: 'register'; readonly register: string; readonly index: number; readonly value: string }
  | { readonly kind: 'emit'; readonly header: string }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'sent'; readonly port: number; readonly bytes: string };

/** Events as lines for people, indented by what they belong to. */
export function formatTrace(events: readonly TraceEvent[]): string {
  const pairs = (record: Readonly<Record<string, string>>) =>
    Object.entries(record)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  return events
    .map((event) => {
      switch (event.kind) {
        case 'received':
          return `received at port ${event.port}: ${event.bytes.length / 2} bytes ${event.bytes}`;
        case 'parser state':
          return `  parser state ${event.state}`;
        case 'extract':
          return `    extract ${event.header}: ${pairs(event.fields)}`;
        case 'parser error':
          return `    parser error ${event.error}`;
        case 'pipeline':
          return `  ${event.name}`;
        case 'condition':
          return `    ${event.source === '' ? event.name : event.source} is ${event.result}`;
        case 'table': {
          const outcome = event.slot === undefined ? `miss among ${event.entries} entries` : `hit, entry ${event.slot}`;
          const others = event.others.map((other) => `\n      not entry ${other.slot}: ${other.differs} differs`);
          return `    table ${event.table} (${pairs(event.key)}): ${outcome}${others.join('')}`;
        }
        case 'member':
          return `      member ${event.member} of ${event.profile}`;
        case 'action':
          return `      action ${event.action}(${pairs(event.arguments)})`;
        case 'field':
          return `        ${event.field} = ${event.value}`;
        case 'register':
          return `        ${event.register}[${event.index}] = ${event.value}`;
        case 'emit':
          return `    emit ${event.header}`;
        case 'drop':
          return `  dropped: ${event.reason}`;
        case 'sent':
          return `sent to port ${event.port}: ${event.bytes.length / 2} bytes ${event.bytes}`;
        default:
          return assertNever(event);
      }
    })
    .join('\n');
}
