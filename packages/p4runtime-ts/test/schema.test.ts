/**
 * P4Info as program: names, checks, files. Broken P4Infos are made by changing the fixture in one place each, so that
 * the check under test is the only one that can object.
 */
import { clone, equals } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  P4InfoError,
  P4InfoSchema,
  P4StructTypeSpecSchema,
  Program,
  readP4Info,
  UnknownNameError,
  writeP4Info,
} from '../src/p4info.ts';
import { fromText } from '../src/textproto.ts';
import { everything } from './fixtures/everything.ts';

const program = new Program(everything);

describe('names', () => {
  it.each(['Ingress.routes', 'routes'])('finds a table by %s', (name) => {
    expect(program.tables.get(name).id).toBe(0x02000001);
  });

  it.each(['hdr.ipv4.dst', 'ipv4.dst', 'dst'])('finds a field by %s', (name) => {
    expect(program.tables.get('routes').matchFields.get(name).id).toBe(1);
  });

  it('offers the nearest', () => {
    expect(() => program.tables.get('routs')).toThrow("There is no table 'routs'. Did you mean 'routes'?");
    expect(() => program.actions.get('Ingress.foward')).toThrow("Did you mean 'forward'");
    expect(() => program.tables.get('zzz')).toThrow('There is: routes, acl, ecmp, fixed, keyless, named.');
    expect(() => program.tables.get('routes').matchFields.get('src')).toThrow(
      "no match field 'src' of table Ingress.routes",
    );
    expect(() => program.tables.get('x')).toThrow(UnknownNameError);
  });

  it('says when a suffix is not clear', () => {
    const info = clone(P4InfoSchema, everything);
    for (const [index, name] of ['A.same', 'B.same'].entries()) {
      const preamble = info.tables[index]!.preamble!;
      preamble.name = name;
      preamble.alias = name;
    }
    expect(() => new Program(info).tables.get('same')).toThrow('may be A.same or B.same');
  });
});

describe('checks', () => {
  it.each<[string, (info: typeof everything) => void, string]>([
    ['an id twice', (info) => (info.tables[1]!.preamble!.id = info.tables[0]!.preamble!.id), 'is used twice'],
    ['an unknown action', (info) => (info.tables[0]!.actionRefs[0]!.id = 99), 'refers to the action 99'],
    ['an unknown profile', (info) => (info.tables[2]!.implementationId = 99), 'action profile 99'],
    ['an unknown direct resource', (info) => (info.tables[0]!.directResourceIds[0] = 99), 'direct resource 99'],
    [
      'a field of less than no width',
      (info) => (info.tables[0]!.matchFields[0]!.bitwidth = -1),
      'has a negative bitwidth',
    ],
    ['a field id twice', (info) => (info.tables[1]!.matchFields[1]!.id = 1), 'the id 1 is used twice'],
    ['no id', (info) => (info.actions[0]!.preamble!.id = 0), 'an object without id, of kind action'],
    [
      'an unknown struct',
      (info) => delete info.typeInfo!.structs.learn_t,
      "the type 'learn_t' is not in type_info.structs",
    ],
  ])('refuses %s', (_, change, message) => {
    const info = clone(P4InfoSchema, everything);
    change(info);
    expect(() => new Program(info)).toThrow(P4InfoError);
    expect(() => new Program(info)).toThrow(message);
  });

  it('refuses a struct that contains itself', () => {
    const info = clone(P4InfoSchema, everything);
    info.typeInfo!.structs.loop = fromText(
      P4StructTypeSpecSchema,
      'members { name: "again" type_spec { struct { name: "loop" } } }',
    );
    info.digests[0]!.typeSpec!.typeSpec = {
      case: 'struct',
      value: { $typeName: 'p4.config.v1.P4NamedType', name: 'loop' },
    };
    expect(() => new Program(info)).toThrow('contains itself');
  });

  it('derives what the tables need', () => {
    expect(program.tables.get('routes')).toMatchObject({ needsPriority: false, supportsIdleTimeout: true, size: 8 });
    expect(program.tables.get('routes').directCounter?.alias).toBe('route_hits');
    expect(program.tables.get('acl').needsPriority).toBe(true);
    expect(program.tables.get('ecmp').profile?.alias).toBe('selector');
    expect(program.controllerHeaders.get('packet_in').bitwidth).toBe(16);
    expect(program.digests.get('learn_t').type).toMatchObject({
      kind: 'struct',
      members: [{ name: 'mac' }, { name: 'port' }, { name: 'fresh' }],
    });
  });
});

describe('files', () => {
  it.each(['text', 'binary', 'json'] as const)('%s is written, recognised and read', (format) => {
    const file = writeP4Info(everything, format);
    expect(equals(P4InfoSchema, readP4Info(file), everything)).toBe(true);
    expect(equals(P4InfoSchema, readP4Info(file, format), everything)).toBe(true);
  });
});
