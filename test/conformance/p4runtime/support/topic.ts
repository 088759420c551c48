/**
 * Tests as data: a topic is a program and a list of checks, so that one file can run them against every switch, and
 * another can write down which of them simple_switch_grpc does not pass and which tests of others they stand for.
 */
import type { ProgramName } from './program.ts';
import type { Session } from './session.ts';

/** One behaviour. */
export interface Check {
  readonly name: string;
  /** Names of upstream tests that assert this behaviour (suite.test). */
  readonly covers?: readonly string[];
  /** What simple_switch_grpc does instead. With it, the check must fail there. */
  readonly bmv2?: string;
  /** The primary is not connected and no program is set before `run`. */
  readonly bare?: boolean;
  run(session: Session): Promise<void>;
}

/** Checks about one thing. */
export interface Topic {
  readonly title: string;
  readonly program: ProgramName;
  readonly checks: readonly Check[];
}
