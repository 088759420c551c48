/**
 * Deepens BMv2's egress queues. simple_switch gives each port room for 64 packets, which a burst overruns on a machine
 * whose cores are busy; TCP mends that, but a lost SYN costs a second, and the demo would count as stalls what no
 * change of servers caused. The depth can be set by BMv2's Thrift interface only (`set_all_egress_queue_depths` of its
 * service `simple_switch`), so this sends that one call, encoded by hand in Thrift's binary protocol.
 */
import { connect } from 'node:net';

const THRIFT_VERSION_CALL = 0x80010001;
const THRIFT_TYPE_I32 = 8;
const THRIFT_REPLY = 2;

/** The call as bytes: multiplexed service name and method, one 32-bit argument. */
export function queueDepthCall(depthPackets: number): Buffer {
  const method = Buffer.from('simple_switch:set_all_egress_queue_depths', 'latin1');
  const bytes = Buffer.alloc(4 + 4 + method.length + 4 + 1 + 2 + 4 + 1);
  let at = bytes.writeUInt32BE(THRIFT_VERSION_CALL, 0);
  at = bytes.writeUInt32BE(method.length, at);
  at += method.copy(bytes, at);
  at = bytes.writeUInt32BE(1, at);
  at = bytes.writeUInt8(THRIFT_TYPE_I32, at);
  at = bytes.writeUInt16BE(1, at);
  at = bytes.writeInt32BE(depthPackets, at);
  bytes.writeUInt8(0, at);
  return bytes;
}

/**
 * Makes the call; resolves to whether the switch obeyed. A switch without Thrift, or that is not BMv2, does not, and
 * the demo goes on with the queues there are.
 */
export function deepenQueues(thriftPort: number, depthPackets: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: thriftPort, timeout: 2_000 });
    const finish = (obeyed: boolean): void => {
      socket.destroy();
      resolve(obeyed);
    };
    socket.on('connect', () => socket.write(queueDepthCall(depthPackets)));
    socket.on('data', (answer: Buffer) =>
      finish(answer.length >= 4 && answer.readUInt32BE(0) % 0x10000 === THRIFT_REPLY),
    );
    socket.on('timeout', () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
  });
}
