// A client that a test can kill, in a process of its own: `node hostile-client.mjs ADDRESS MODE P4INFO`. It says
// "going" when it has begun and does not end by itself.
//
//   write    inserts entries in batches of 5,000 without end
//   deaf     is primary of a role of its own and reads nothing of what it is sent
//   streams  opens 40 streams and does nothing with them
import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import { P4RuntimeClient } from '@mooring/p4runtime-ts';
import { create, toBinary } from '@mooring/p4runtime-ts/p4info';
import { StreamMessageRequestSchema } from '@mooring/p4runtime-ts/proto';

const [address, mode, p4info] = process.argv.slice(2);

/** A stream that is never read, as primary or backup of a role. */
function stream(role, low) {
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const same = (bytes) => bytes;
  const call = client.makeBidiStreamRequest('/p4.v1.P4Runtime/StreamChannel', same, same);
  call.on('error', () => {});
  const value = { deviceId: 1n, role: { name: role }, electionId: { high: 0n, low } };
  call.write(
    Buffer.from(
      toBinary(
        StreamMessageRequestSchema,
        create(StreamMessageRequestSchema, { update: { case: 'arbitration', value } }),
      ),
    ),
  );
  return call;
}

if (mode === 'write') {
  const client = await P4RuntimeClient.connect({ address, deviceId: 1, electionId: 1, p4info: readFileSync(p4info) });
  let next = 1;
  for (let batch = 0; ; batch++) {
    const updates = Array.from({ length: 5000 }, () => ({
      op: 'insert',
      entity: { kind: 'table', table: 'flows', match: { c: next++ }, action: { name: 'mark', params: { value: 1 } } },
    }));
    const done = client.tryWrite(updates);
    if (batch === 1) console.log('going');
    await done;
  }
} else if (mode === 'deaf') {
  const call = stream('deaf', 1n);
  // The answer to the arbitration is read, to know that it has come; nothing after that.
  call.once('data', () => {
    call.pause();
    console.log('going');
  });
} else {
  const calls = Array.from({ length: 40 }, (_, i) => stream('many', BigInt(i + 1)));
  let left = calls.length;
  for (const call of calls) call.once('data', () => --left === 0 && console.log('going'));
}
setInterval(() => {}, 1000);
