/** The text format: what C++ protobuf prints, and what its parsers accept. */
import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpressionSchema, P4InfoSchema, P4TypeInfoSchema } from '../src/p4info.ts';
import { StatusSchema, TableEntrySchema } from '../src/proto.ts';
import { fromText, TextFormatError, toText } from '../src/textproto.ts';
import { everything, everythingText } from './fixtures/everything.ts';

describe('writing', () => {
  it('prints fields by number, nested messages indented, with p4c header', () => {
    const info = create(P4InfoSchema, {
      tables: [
        {
          size: 1024n,
          preamble: { id: 5, name: 'a.b' },
          matchFields: [{ id: 1, match: { case: 'matchType', value: 2 } }],
        },
      ],
      pkgInfo: { arch: 'v1model' },
    });
    expect(toText(P4InfoSchema, info, { header: true })).toBe(
      [
        '# proto-file: p4/config/v1/p4info.proto',
        '# proto-message: p4.config.v1.P4Info',
        '',
        'pkg_info {',
        '  arch: "v1model"',
        '}',
        'tables {',
        '  preamble {',
        '    id: 5',
        '    name: "a.b"',
        '  }',
        '  match_fields {',
        '    id: 1',
        '    match_type: EXACT',
        '  }',
        '  size: 1024',
        '}',
        '',
      ].join('\n'),
    );
  });

  it('escapes as C++ does', () => {
    const text = toText(
      ExpressionSchema,
      create(ExpressionSchema, { value: { case: 'stringValue', value: 'a"b\'c\\d\n\té\u0001' } }),
    );
    expect(text).toBe('string_value: "a\\"b\\\'c\\\\d\\n\\t\\303\\251\\001"\n');
  });

  it('prints set oneof members even when zero, and maps by key', () => {
    expect(toText(ExpressionSchema, create(ExpressionSchema, { value: { case: 'boolValue', value: false } }))).toBe(
      'bool_value: false\n',
    );
    const types = create(P4TypeInfoSchema, { structs: { b: {}, a: {} } });
    expect(toText(P4TypeInfoSchema, types)).toBe(
      'structs {\n  key: "a"\n  value {\n  }\n}\nstructs {\n  key: "b"\n  value {\n  }\n}\n',
    );
  });

  it('prints nothing for an empty message', () => {
    expect(toText(P4InfoSchema, create(P4InfoSchema))).toBe('');
  });
});

describe('reading', () => {
  it('takes every notation', () => {
    const entry = fromText(
      TableEntrySchema,
      `# comment
       table_id: 0x10, priority: -3; is_default_action: true
       match < field_id: 010 exact: { value: "\\x0a" 'b' "\\001" } >
       match { field_id: 2 lpm { prefix_len: 8 } };`,
    );
    expect(entry.tableId).toBe(16);
    expect(entry.priority).toBe(-3);
    expect(entry.match[0]?.fieldId).toBe(8);
    expect(entry.match[0]?.fieldMatchType.value).toMatchObject({ value: Uint8Array.of(10, 98, 1) });
  });

  it('takes lists in brackets and enums by number', () => {
    const info = fromText(
      P4InfoSchema,
      'tables { direct_resource_ids: [1, 2, 3] match_fields { match_type: 3 } action_refs [ { id: 1 }, { id: 2 } ] }',
    );
    expect(info.tables[0]?.directResourceIds).toEqual([1, 2, 3]);
    expect(info.tables[0]?.actionRefs.map((reference) => reference.id)).toEqual([1, 2]);
    expect(info.tables[0]?.matchFields[0]?.match.value).toBe(3);
  });

  it.each([
    ['tables { size: }', '1:16: size takes a whole number'],
    [
      'tables {\n  matchfields {}\n}',
      "2:3: p4.config.v1.Table has no field 'matchfields'. Did you mean 'match_fields'",
    ],
    [
      'tables { match_fields { match_type: EXAKT } }',
      "1:37: p4.config.v1.MatchField.MatchType has no value 'EXAKT'. Did you mean 'EXACT'",
    ],
    ['tables { size: 1 size: 2 }', '1:18: size is given twice'],
    ['tables {', "1:9: expected '}' to close p4.config.v1.Table"],
    ['pkg_info { name: "abc }', '1:18: this string has no closing quote'],
    ['tables { preamble { id: 4294967296 } }', '1:25: id is out of its range'],
    ['actions { preamble { id: 1 } } %', '1:32: unexpected character "%"'],
    ['tables { match_fields { match_type: EXACT other_match_type: "x" } }', 'exclude each other'],
    ['x'.repeat(3), "1:1: p4.config.v1.P4Info has no field 'xxx'"],
    ['pkg_info { name: "\\q" }', 'unknown escape \\q'],
  ])('refuses %j', (text, message) => {
    expect(() => fromText(P4InfoSchema, text)).toThrow(TextFormatError);
    expect(() => fromText(P4InfoSchema, text)).toThrow(message);
  });

  it('refuses nesting without end instead of overflowing the stack', () => {
    const tuple = 'tuple { members { '.repeat(200);
    expect(() => fromText(P4TypeInfoSchema, `structs { key: "a" value { members { type_spec { ${tuple}`)).toThrow(
      'deeper than 100',
    );
  });

  it('says that the type of an expanded Any is unknown', () => {
    expect(() => fromText(StatusSchema, 'details { [type.googleapis.com/p4.v1.Error] { message: "x" } }')).toThrow(
      'the type p4.v1.Error is not known here',
    );
  });
});

describe('round trip', () => {
  it('keeps the fixture', () => {
    const again = fromText(P4InfoSchema, toText(P4InfoSchema, everything));
    expect(equals(P4InfoSchema, again, everything)).toBe(true);
    expect(equals(P4InfoSchema, fromText(P4InfoSchema, everythingText), everything)).toBe(true);
  });

  it('keeps any message (property)', () => {
    const expression = fc.oneof(
      fc.record({ case: fc.constant('stringValue' as const), value: fc.string({ unit: 'binary' }) }),
      fc.record({
        case: fc.constant('int64Value' as const),
        value: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
      }),
      fc.record({ case: fc.constant('boolValue' as const), value: fc.boolean() }),
    );
    fc.assert(
      fc.property(expression, (value) => {
        const message = create(ExpressionSchema, { value });
        expect(equals(ExpressionSchema, fromText(ExpressionSchema, toText(ExpressionSchema, message)), message)).toBe(
          true,
        );
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer(), (value, priority) => {
        const message = create(TableEntrySchema, { metadata: value, priority });
        const again = fromText(TableEntrySchema, toText(TableEntrySchema, message));
        expect(toBinary(TableEntrySchema, again)).toEqual(toBinary(TableEntrySchema, message));
        expect(fromBinary(TableEntrySchema, toBinary(TableEntrySchema, again)).priority).toBe(priority);
      }),
    );
  });

  it('never throws anything but TextFormatError on random text (property)', () => {
    const soup = fc.array(
      fc.constantFrom('tables', '{', '}', ':', 'size', '1', '"a"', '[', ']', ',', '<', '>', '-', 'preamble', 'id'),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(soup, (words) => {
        try {
          fromText(P4InfoSchema, words.join(' '));
        } catch (error) {
          expect(error).toBeInstanceOf(TextFormatError);
        }
      }),
    );
  });
});
