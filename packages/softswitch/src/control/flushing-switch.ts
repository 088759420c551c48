/**
 * A switch core as P4Runtime's server takes it, with what packet-outs cause delivered. A core only queues the packets
 * it sends, for whoever runs it to flush when that suits; packet-outs come from the server, between packets, when
 * nobody else would.
 */
import type { Switch } from '@mooring/p4runtime-ts/switch';
import type { SwitchCore } from './switch-core.ts';

/**
 * The core with its packet-outs flushed.
 * @param flush delivers what was sent, at once by default
 */
export function flushingSwitch(core: SwitchCore, flush: () => void = () => core.flush()): Switch {
  return {
    prepare: (pipeline) => core.prepare(pipeline),
    commit: (prepared, options) => core.commit(prepared, options),
    discard: () => core.discard(),
    apply: (updates, atomic) => core.apply(updates, atomic),
    applyBlocks: (updates, atomic) => core.applyBlocks(updates, atomic),
    readEntries: (tableId, slots, parts) => core.readEntries(tableId, slots, parts),
    readCounter: (counterId, indexes) => core.readCounter(counterId, indexes),
    readMeter: (meterId, indexes) => core.readMeter(meterId, indexes),
    readRegister: (registerId, indexes) => core.readRegister(registerId, indexes),
    packetOut: (packets) => {
      core.packetOut(packets);
      flush();
    },
    subscribe: (listener) => core.subscribe(listener),
  };
}
