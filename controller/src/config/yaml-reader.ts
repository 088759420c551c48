/**
 * A reader over parsed YAML that knows where everything stands. A schema library would validate plain values and forget
 * their positions; here each accessor reports its own error at the node's place and goes on with the default, so that
 * one run finds all errors of a file. Unknown keys are errors too, with the key that was probably meant.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { didYouMean } from '../text/did-you-mean.ts';
import type { ConfigurationDiagnostic } from './diagnostics.ts';

/** Turns a scalar's text into a value, or says what was expected. */
export type ScalarParser<T> = (value: unknown, text: string) => { readonly value: T } | { readonly expected: string };

/** Parses YAML text and collects what is wrong with it. */
export class YamlReader {
  readonly diagnostics: ConfigurationDiagnostic[] = [];
  private readonly lineCounter = new LineCounter();
  private readonly document;

  constructor(text: string) {
    this.document = parseDocument(text, { lineCounter: this.lineCounter, prettyErrors: false });
    for (const error of [...this.document.errors, ...this.document.warnings]) {
      const { line, col } = this.lineCounter.linePos(error.pos[0]);
      const message = error.message.trim();
      this.diagnostics.push({
        line,
        column: col,
        length: error.pos[1] - error.pos[0],
        message: `not YAML: ${message}`,
      });
    }
  }

  /** The top of the file, or undefined after an error. */
  root(): MapReader | undefined {
    if (this.document.errors.length > 0) return undefined;
    const contents = this.document.contents;
    if (!isMap(contents)) {
      this.error(contents ?? undefined, 'the file must be a mapping with the keys `switch` and `vips`');
      return undefined;
    }
    return new MapReader(this, contents as YAMLMap, 'the file');
  }

  /** Reports at a node. */
  error(node: Node | undefined, message: string): void {
    const range = node?.range ?? [0, 1, 1];
    const { line, col } = this.lineCounter.linePos(range[0]);
    // What several VIPs have in common is read for each of them.
    if (this.diagnostics.some((one) => one.line === line && one.column === col && one.message === message)) return;
    this.diagnostics.push({ line, column: col, length: Math.max(1, range[1] - range[0]), message });
  }

  /** An alias stands for what it points at. */
  resolve(node: unknown): Node | undefined {
    return (isAlias(node) ? node.resolve(this.document) : node) as Node | undefined;
  }
}

/** A mapping; `what` names it in messages ("server s1"). */
export class MapReader {
  private readonly reader: YamlReader;
  readonly node: YAMLMap;
  readonly what: string;
  private readonly known = new Set<string>();

  constructor(reader: YamlReader, node: YAMLMap, what: string) {
    this.reader = reader;
    this.node = node;
    this.what = what;
  }

  /** Where the key's value stands, for errors found later. */
  at(key: string): Node {
    return this.pair(key)?.value ?? this.node;
  }

  error(key: string | undefined, message: string): void {
    this.reader.error(key === undefined ? this.node : this.at(key), message);
  }

  /** The value of a key that must be there. @returns undefined after an error */
  required<T>(key: string, parser: ScalarParser<T>): T | undefined {
    if (this.pair(key) === undefined) {
      this.error(undefined, `${this.what} has no \`${key}\``);
      return undefined;
    }
    return this.optional(key, parser, undefined);
  }

  /** The value of a key, or `fallback` when it is not there or wrong. */
  optional<T, F>(key: string, parser: ScalarParser<T>, fallback: F): T | F {
    const pair = this.pair(key);
    if (pair === undefined) return fallback;
    return this.scalar(pair.value, `\`${key}\``, parser) ?? fallback;
  }

  /** A list of scalars. */
  scalars<T>(key: string, parser: ScalarParser<T>): readonly T[] | undefined {
    return this.items(key)?.flatMap((item) => {
      const value = this.scalar(item, `an element of \`${key}\``, parser);
      return value === undefined ? [] : [value];
    });
  }

  /** A mapping below a key. */
  map(key: string, what: string): MapReader | undefined {
    const pair = this.pair(key);
    if (pair === undefined) return undefined;
    const node = this.reader.resolve(pair.value);
    if (isMap(node)) return new MapReader(this.reader, node as YAMLMap, what);
    this.reader.error(node ?? (pair.key as Node), `\`${key}\` must be a mapping`);
    return undefined;
  }

  /** A list of mappings below a key. */
  maps(key: string, what: string): readonly MapReader[] | undefined {
    return this.items(key)?.flatMap((item, index) => {
      const node = this.reader.resolve(item);
      if (isMap(node)) return [new MapReader(this.reader, node as YAMLMap, `${what} ${nameOf(node) ?? index + 1}`)];
      this.reader.error(node, `an element of \`${key}\` must be a mapping`);
      return [];
    });
  }

  /** Reports every key that nobody has asked for. Call last. */
  finish(): void {
    for (const pair of this.node.items as Pair<Node, Node>[]) {
      const key = isScalar(pair.key) ? String(pair.key.value) : '';
      if (this.known.has(key)) continue;
      const meant = didYouMean(key, this.known);
      const choices = meant === undefined ? `; known: ${[...this.known].join(', ')}` : `; did you mean \`${meant}\`?`;
      this.reader.error(pair.key, `${this.what} has an unknown key \`${key}\`${choices}`);
    }
  }

  private pair(key: string): Pair<Node, Node> | undefined {
    this.known.add(key);
    return (this.node.items as Pair<Node, Node>[]).find((pair) => isScalar(pair.key) && pair.key.value === key);
  }

  private items(key: string): readonly unknown[] | undefined {
    const pair = this.pair(key);
    if (pair === undefined) return undefined;
    const node = this.reader.resolve(pair.value);
    if (isSeq(node)) return node.items;
    this.reader.error(node ?? (pair.key as Node), `\`${key}\` must be a list`);
    return [];
  }

  private scalar<T>(given: unknown, what: string, parser: ScalarParser<T>): T | undefined {
    const node = this.reader.resolve(given);
    if (!isScalar(node)) {
      this.reader.error(node ?? this.node, `${what} must be a single value`);
      return undefined;
    }
    const text = node.source ?? String(node.value);
    const result = parser(node.value, text);
    if ('value' in result) return result.value;
    this.reader.error(node, `${what} must be ${result.expected}, not \`${text}\``);
    return undefined;
  }
}

function nameOf(node: YAMLMap): string | undefined {
  const name = node.get('name');
  return typeof name === 'string' && name !== '' ? `\`${name}\`` : undefined;
}
