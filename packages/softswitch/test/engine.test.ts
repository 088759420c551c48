// What simple_switch does around the pipelines: drops, multicast, clones, second passes, digests, truncation.
import { DROP_NAMES } from '@mooring/softswitch';
import { describe, expect, test } from 'vitest';
import {
  action,
  always,
  assign,
  base,
  EGRESS_SPEC,
  expression,
  field,
  hex,
  operation,
  primitive,
  run,
} from './support/program.ts';

const H = '0000000100000002';
const standard = (name: string) => field('standard_metadata', name);

/** A program whose ingress runs these primitives, and its egress those. */
function program(ingress: object[], egress: object[] = []) {
  const json = base();
  json.actions = [action(0, 'forward', ingress as never), action(1, 'leave', egress as never)];
  Object.assign(json.pipelines[1]!, { init_table: 'end', tables: [always('end', 0, 1, 'leave', null)] });
  return json;
}

const to = (port: number) => assign(EGRESS_SPEC, hex(port));

/** Adds one to h.a when the packet has the given instance type. */
function jumpUnless(instance: number, target: number) {
  const test = operation('b2d', null, operation('==', standard('instance_type'), hex(instance)));
  return primitive('_jump_if_zero', expression(test), hex(target));
}

describe('drops', () => {
  test('port 511 drops at the end of ingress and of egress', () => {
    const ingress = run(program([to(511)]));
    expect(ingress.send(0, H)).toEqual([]);
    expect(ingress.plane.drops[DROP_NAMES.indexOf('ingress')]).toBe(1);
    const egress = run(program([to(3)], [primitive('mark_to_drop', { type: 'header', value: 'standard_metadata' })]));
    expect(egress.send(0, H)).toEqual([]);
    expect(egress.plane.drops[DROP_NAMES.indexOf('egress')]).toBe(1);
  });

  test('a priority beyond the queues drops', () => {
    const json = program([to(3), assign(standard('priority'), hex(1))]);
    expect(run(json).send(0, H)).toEqual([]);
    expect(run(json, { priorityQueues: 2 }).send(0, H)).toEqual([{ port: 3, bytes: H }]);
  });

  test('a failed assertion drops the packet and is logged', () => {
    const log: string[] = [];
    const { send, plane } = run(
      program([
        primitive('assert', expression(operation('b2d', null, operation('==', field('h', 'a'), hex(2))))),
        to(3),
      ]),
      { log: (line) => log.push(line) },
    );
    expect(send(0, H)).toEqual([]);
    expect(send(0, '0000000200000002')).toHaveLength(1);
    expect(plane.drops[DROP_NAMES.indexOf('assertion')]).toBe(1);
    expect(log).toEqual(['assert failed at unknown place']);
  });
});

describe('metadata', () => {
  test('egress sees port, length and a fresh egress_spec; the payload follows the headers', () => {
    const { send } = run(
      program(
        [to(7)],
        [
          assign(field('h', 'a'), standard('egress_port')),
          assign(
            field('h', 'b'),
            expression(operation('|', operation('<<', standard('packet_length'), hex(16)), EGRESS_SPEC)),
          ),
        ],
      ),
    );
    // 512 does not fit the field of 9 bits.
    expect(send(5, `${H}abcdef`)).toEqual([{ port: 7, bytes: '00000007000b0000abcdef' }]);
  });

  test('time is in microseconds', () => {
    const { send, plane } = run(program([to(1), assign(field('h', 'a'), standard('ingress_global_timestamp'))]));
    plane.setTime(0x1_2345_6789);
    expect(send(0, H)[0]!.bytes).toBe('2345678900000002');
  });
});

describe('multicast', () => {
  test('every replica has its port, rid and instance type 5', () => {
    const { send, plane } = run(
      program(
        [assign(standard('mcast_grp'), hex(9))],
        [assign(field('h', 'a'), standard('egress_rid')), assign(field('h', 'b'), standard('instance_type'))],
      ),
    );
    plane.replication.setGroup(9, [
      { port: 1, instance: 10, backups: [] },
      { port: 2, instance: 20, backups: [] },
    ]);
    expect(send(0, `${H}ff`)).toEqual([
      { port: 1, bytes: '0000000a00000005ff' },
      { port: 2, bytes: '0000001400000005ff' },
    ]);
  });

  test('a replica whose port is down goes to its backup', () => {
    const down = new Set<number>();
    const { send, plane } = run(program([assign(standard('mcast_grp'), hex(9))]), {
      isPortUp: (port) => !down.has(port),
    });
    plane.replication.setGroup(9, [{ port: 1, instance: 0, backups: [{ port: 4, instance: 0 }] }]);
    expect(send(0, H)[0]!.port).toBe(1);
    down.add(1);
    plane.portChanged();
    expect(send(0, H)[0]!.port).toBe(4);
  });

  test('an unknown group drops', () => {
    const { send, plane } = run(program([assign(standard('mcast_grp'), hex(9))]));
    expect(send(0, H)).toEqual([]);
    expect(plane.drops[DROP_NAMES.indexOf('no replica')]).toBe(1);
  });
});

describe('clones', () => {
  const egress = [assign(field('h', 'b'), standard('instance_type'))];

  test('an ingress clone is the packet as it came, with the listed fields kept', () => {
    const json = program(
      [
        assign(field('h', 'a'), hex(0xdead)),
        assign(field('scalars', 'x'), hex(0x77)),
        to(1),
        primitive('clone_ingress_pkt_to_egress', hex(5), hex(1)),
      ],
      [...egress, jumpUnless(1, 3), assign(field('h', 'b'), field('scalars', 'x'))],
    );
    json.field_lists.push({ id: 1, elements: [field('scalars', 'x')] });
    const { send, plane } = run(json);
    plane.replication.setSession(5, [{ port: 8, instance: 0, backups: [] }], 0);
    expect(send(0, `${H}aa`)).toEqual([
      { port: 8, bytes: '0000000100000077aa' },
      { port: 1, bytes: '0000dead00000000aa' },
    ]);
  });

  test('an egress clone has the headers of the moment and goes through egress again', () => {
    const clone = primitive('clone_egress_pkt_to_egress', hex(5), hex(1));
    const json = program([to(1)], [jumpUnless(0, 3), assign(field('h', 'a'), hex(0x55)), clone, ...egress]);
    json.field_lists.push({ id: 1, elements: [] });
    const { send, plane } = run(json);
    plane.replication.setSession(5, [{ port: 8, instance: 0, backups: [] }], 0);
    expect(send(0, `${H}aa`)).toEqual([
      { port: 1, bytes: '0000005500000000aa' },
      { port: 8, bytes: '0000005500000002aa' },
    ]);
  });

  test('a session can truncate', () => {
    const json = program([to(511), primitive('clone_ingress_pkt_to_egress', hex(5), hex(1))]);
    json.field_lists.push({ id: 1, elements: [] });
    const { send, plane } = run(json);
    plane.replication.setSession(5, [{ port: 8, instance: 0, backups: [] }], 9);
    expect(send(0, `${H}aabbcc`)).toEqual([{ port: 8, bytes: `${H}aa` }]);
  });
});

describe('queues', () => {
  /** Egress writes two fields of the metadata to h, and clones what is no clone. */
  const telling = (a: string, b: string) => {
    const json = program(
      [to(2), assign(standard('priority'), field('h', 'b'))],
      [
        assign(field('h', 'a'), standard(a)),
        assign(field('h', 'b'), standard(b)),
        jumpUnless(0, 4),
        primitive('clone_egress_pkt_to_egress', hex(5), hex(1)),
      ],
    );
    json.field_lists.push({ id: 1, elements: [] });
    return json;
  };
  const replicas = [1, 2, 3].map((instance) => ({ port: instance === 3 ? 7 : 8, instance, backups: [] }));

  test('a packet is in its queue when it comes, and for no time', () => {
    const { send, plane } = run(telling('enq_timestamp', 'deq_timedelta'));
    plane.setTime(1234);
    expect(send(0, `${'0'.repeat(16)}`)).toEqual([{ port: 2, bytes: '000004d200000000' }]);
  });

  test('clones of egress wait for one another, those for the same port', () => {
    const { send, plane } = run(telling('enq_qdepth', 'deq_qdepth'));
    plane.replication.setSession(5, replicas, 0);
    expect(send(0, '0'.repeat(16))).toEqual([
      { port: 2, bytes: '0000000000000000' },
      { port: 8, bytes: '0000000000000001' },
      { port: 8, bytes: '0000000100000000' },
      { port: 7, bytes: '0000000000000000' },
    ]);
  });

  test('qid is the priority: of the packet, and of clones of a session with a class of service', () => {
    const { send, plane } = run(telling('qid', 'priority'), { priorityQueues: 8 });
    plane.replication.setSession(5, replicas.slice(0, 1), 0, 4);
    expect(send(0, '0000000000000006')).toEqual([
      { port: 2, bytes: '0000000600000006' },
      { port: 8, bytes: '0000000400000004' },
    ]);
  });

  test('clones of ingress have the queue of their session', () => {
    const json = program(
      [to(2), primitive('clone_ingress_pkt_to_egress', hex(5), hex(1))],
      [assign(field('h', 'a'), standard('qid'))],
    );
    json.field_lists.push({ id: 1, elements: [] });
    const { send, plane } = run(json, { priorityQueues: 8 });
    plane.replication.setSession(5, replicas.slice(0, 1), 0, 4);
    expect(send(0, H)).toEqual([
      { port: 8, bytes: '0000000400000002' },
      { port: 2, bytes: '0000000000000002' },
    ]);
  });
});

describe('second passes', () => {
  test('resubmit parses the original packet again, instance type 6, listed fields kept', () => {
    const json = program([
      jumpUnless(0, 4),
      assign(field('scalars', 'x'), hex(0x42)),
      primitive('resubmit', hex(1)),
      primitive('_jump', hex(6)),
      assign(field('h', 'b'), field('scalars', 'x')),
      to(2),
    ]);
    json.field_lists.push({ id: 1, elements: [field('scalars', 'x')] });
    expect(run(json).send(0, `${H}99`)).toEqual([{ port: 2, bytes: '000000010000004299' }]);
  });

  test('recirculate parses the deparsed packet again, instance type 4 at ingress', () => {
    const unless = expression(operation('b2d', null, operation('==', field('h', 'a'), hex(1))));
    const json = program(
      [to(2), assign(field('h', 'b'), standard('instance_type'))],
      [
        primitive('_jump_if_zero', unless, hex(3)),
        assign(field('h', 'a'), hex(0xabc)),
        primitive('recirculate', hex(1)),
      ],
    );
    json.field_lists.push({ id: 1, elements: [] });
    expect(run(json).send(0, `${H}99`)).toEqual([{ port: 2, bytes: '00000abc0000000499' }]);
  });

  test('a packet that recirculates for ever is dropped, the switch goes on', () => {
    const json = program([to(2)], [primitive('recirculate', hex(1))]);
    json.field_lists.push({ id: 1, elements: [] });
    const { send, plane } = run(json);
    expect(send(0, H)).toEqual([]);
    expect(send(0, H)).toEqual([]);
    expect(plane.drops[DROP_NAMES.indexOf('pass limit')]).toBe(2);
  });
});

describe('digests and truncation', () => {
  test('a digest has the fields in whole bytes', () => {
    const json = program([to(1), primitive('generate_digest', hex(1), hex(1))]);
    json.learn_lists.push({ id: 1, name: 'd', elements: [standard('ingress_port'), field('h', 'b')] });
    const digests: string[][] = [];
    const { send } = run(json, {
      digest: (_, values) => digests.push(values.map((value) => Buffer.from(value).toString('hex'))),
    });
    expect(send(0x101, H)).toHaveLength(1);
    expect(digests).toEqual([['0101', '00000002']]);
  });

  test('truncate counts from the first byte sent', () => {
    expect(run(program([to(1), primitive('truncate', hex(9))])).send(0, `${H}aabbcc`)).toEqual([
      { port: 1, bytes: `${H}aa` },
    ]);
  });

  test('a packet too short leaves with what was parsed before the error', () => {
    expect(run(program([to(1)])).send(0, '00000001')).toEqual([{ port: 1, bytes: '00000001' }]);
  });
});
