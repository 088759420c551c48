/**
 * @mooring/p4c-ts/command: `mooring compile` for whoever starts it: `runCompile(argv, io)` returns the exit status;
 * `io` is `nodeCompileIo(version)` of `@mooring/p4c-ts/node` in a real process, and anything else in tests.
 */
export {
  type CompileArguments,
  compileHelp,
  type ParsedArguments,
  parseCompileArguments,
} from './command/arguments.ts';
export { type CompileIo, runCompile } from './command/run-compile.ts';
