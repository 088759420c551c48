/**
 * The embedded switch in this process, under a clock that stands still until the test moves it.
 *
 * P4Runtime goes to the switch without a network, packets by function call, so a packet's outputs are there when `send`
 * returns. Time advances by a microsecond a packet, and otherwise only by `advance`, which also makes the switch look
 * for idle entries and runs the P4Runtime server's timers. Every packet is traced as it passes (a packet's way depends
 * on what registers held then), and the last traces are kept for failures.
 */
import { inProcessTransport, P4RuntimeClient, P4RuntimeService } from '@mooring/p4runtime-ts';
import { FakeTimers } from '@mooring/p4runtime-ts/testing';
import { flushingSwitch, formatTrace, type TraceEvent } from '@mooring/softswitch';
import { type Backend, type BackendOptions, turnEventLoop } from './backend.ts';
import { EmbeddedCore } from './embedded-core.ts';

/** How often the switch looks for idle entries. */
const SWEEP_INTERVAL_MS = 100;
const TRACES_KEPT = 64;

/** Starts it with the program loaded. */
export async function startSoftswitchBackend(options: BackendOptions): Promise<Backend> {
  const timers = new FakeTimers();
  const traces = new Map<number, readonly TraceEvent[]>();
  let cause = 0;
  const embedded = new EmbeddedCore({
    cpuPort: options.cpuPort,
    packetStepUs: 1,
    onPacket: (port, bytes) => options.onPacket({ port, bytes, cause }),
  });
  const { core } = embedded;
  const receive = (port: number, packet: Uint8Array) => {
    embedded.stepForPacket();
    const plane = core.dataPlane;
    if (options.trace && plane !== undefined) {
      traces.set(cause, plane.trace(port, packet));
      traces.delete(cause - TRACES_KEPT);
    } else core.receive(port, packet);
    core.flush();
  };
  const service = new P4RuntimeService({ devices: [{ deviceId: 1, target: flushingSwitch(core) }], timers });
  const client = await P4RuntimeClient.connect({ transport: inProcessTransport(service), deviceId: 1, timers });
  await client.setPipeline(options.program);
  return {
    client,
    send(port, packet, id) {
      cause = id;
      receive(port, packet);
      cause = 0;
    },
    settle: () => turnEventLoop(),
    async advance(byMs) {
      for (let left = byMs; left > 0; left -= SWEEP_INTERVAL_MS) {
        const stepMs = Math.min(left, SWEEP_INTERVAL_MS);
        embedded.advance(stepMs * 1000);
        core.sweep();
        core.flush();
        timers.advance(stepMs);
      }
      await turnEventLoop();
    },
    trace(id) {
      const events = traces.get(id);
      return events === undefined ? undefined : formatTrace(events);
    },
    async setPortUp(port, up) {
      core.setPortUp(port, up);
    },
    async close() {
      client.close();
    },
  };
}
