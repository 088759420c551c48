/** `docs/ERRORS.md`, made from the catalogue. The examples' output is made by the compiler itself, given as `run`. */
import { type CatalogueEntry, ERROR_CATALOGUE, WARNING_CATALOGUE } from './catalogue.ts';

/** The document. `run` compiles an example (file name `example.p4`) and returns its diagnostics as text. */
export function errorsDocument(run: (program: string) => string): string {
  return [
    '# Messages of the P4 compiler',
    '',
    '<!-- Generated from packages/p4c-ts/src/diagnostics/catalogue.ts. Do not edit; `UPDATE_GOLDEN=1 npx vitest run packages/p4c-ts/test/diagnostics` writes it. -->',
    '',
    'A message begins with its place and its class, `file(line:column): error[class]: text`, followed by the source line, notes',
    'about other places, and a suggestion where there is one. Classes are those of p4c, so the options `--Wdisable=CLASS`,',
    '`--Wwarn=CLASS` and `--Werror=CLASS` (each also without `=CLASS`, for all warnings) work as they do there. Errors cannot be',
    'demoted. The exit status is 1 if there is an error, else 0.',
    '',
    '## Errors',
    '',
    ...sections(ERROR_CATALOGUE, run),
    '## Warnings',
    '',
    ...sections(WARNING_CATALOGUE, run),
  ].join('\n');
}

function sections(catalogue: Readonly<Record<string, CatalogueEntry>>, run: (program: string) => string): string[] {
  return Object.entries(catalogue).flatMap(([name, entry]) => {
    const lines = [`### ${name}`, '', entry.meaning, '', `**What to do.** ${entry.remedy}`, ''];
    if (entry.example === undefined) return lines;
    return [...lines, '```p4', entry.example.trimEnd(), '```', '', '```text', run(entry.example).trimEnd(), '```', ''];
  });
}
