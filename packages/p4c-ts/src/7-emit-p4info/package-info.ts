/** `pkg_info`: what `@pkginfo`, `@platform_property` and other annotations of `main` say about the whole program. */
import type * as ast from '../2-parse/ast.ts';
import { parseInteger } from '../2-parse/lexer.ts';
import { annotationFields, documentation } from './annotations.ts';
import type { P4InfoContext } from './context.ts';
import type { PkgInfo } from './model.ts';

const TEXT_KEYS = ['name', 'version', 'organization', 'contact', 'url', 'arch'] as const;
const PLATFORM_KEYS = {
  multicast_group_table_size: 'multicastGroupTableSize',
  multicast_group_table_total_replicas: 'multicastGroupTableTotalReplicas',
  multicast_group_table_max_replicas_per_entry: 'multicastGroupTableMaxReplicasPerEntry',
} as const;

/** Describes the package; undefined for a program without `main`. */
export function packageInfo(context: P4InfoContext, arch: string): PkgInfo | undefined {
  const { main } = context.typed;
  if (main === undefined) return undefined;
  const info: PkgInfo = { arch };
  for (const annotation of main.annotations) {
    if (annotation.name.name === 'pkginfo') addPackageKeys(context, annotation, info);
    if (annotation.name.name === 'platform_property') addPlatformKeys(context, annotation, info);
  }
  const hidden = (name: string) => name === 'pkginfo' || name === 'platform_property';
  const doc = documentation(main.annotations);
  return {
    ...info,
    ...annotationFields(main.annotations, context.evaluate, hidden),
    ...(doc === undefined ? {} : { doc }),
  };
}

function addPackageKeys(context: P4InfoContext, annotation: ast.Annotation, info: PkgInfo): void {
  for (const [key, value] of keyValues(context, annotation)) {
    const known = TEXT_KEYS.find((name) => name === key);
    if (known === undefined) context.reporter.warn('unknown', annotation.span, `@pkginfo has no key '${key}'`);
    else if (typeof value !== 'string') {
      context.reporter.error('unsupported', annotation.span, `the value of '${key}' in @pkginfo must be a string`);
    } else {
      if (known === 'arch') {
        context.reporter.warn(
          'invalid',
          annotation.span,
          "'arch' in @pkginfo is for the compiler to set, not for the program",
        );
      }
      info[known] = value;
    }
  }
}

function addPlatformKeys(context: P4InfoContext, annotation: ast.Annotation, info: PkgInfo): void {
  const properties: NonNullable<PkgInfo['platformProperties']> = {};
  for (const [key, value] of keyValues(context, annotation)) {
    if (!(key in PLATFORM_KEYS)) {
      context.reporter.warn('unknown', annotation.span, `@platform_property has no key '${key}'`);
    } else if (typeof value !== 'bigint') {
      context.reporter.error(
        'unsupported',
        annotation.span,
        `the value of '${key}' in @platform_property must be a number`,
      );
    } else properties[PLATFORM_KEYS[key as keyof typeof PLATFORM_KEYS]] = Number(value);
  }
  info.platformProperties = properties;
}

/** `key = value` pairs of both forms, `@a(k = v)` and `@a[k = v]`. */
function keyValues(
  context: P4InfoContext,
  annotation: ast.Annotation,
): [string, string | bigint | boolean | undefined][] {
  const { body } = annotation;
  if (body.kind === 'KeyValueList') {
    return body.pairs.map((pair) => {
      const value = context.evaluate(pair.value);
      const plain =
        value?.kind === 'string' || value?.kind === 'integer' || value?.kind === 'bool' ? value.value : undefined;
      return [pair.name.name, plain];
    });
  }
  if (body.kind !== 'Unstructured') return [];
  const pairs: [string, string | bigint | boolean | undefined][] = [];
  const { tokens } = body;
  for (let i = 0; i + 2 < tokens.length; i += 1) {
    const [key, equals, value] = [tokens[i]!, tokens[i + 1]!, tokens[i + 2]!];
    if (key.tokenKind !== 'identifier' || equals.text !== '=') continue;
    const plain =
      value.tokenKind === 'string'
        ? value.text
        : value.tokenKind === 'integer'
          ? parseInteger(value.text).value
          : undefined;
    pairs.push([key.text, plain]);
  }
  return pairs;
}
