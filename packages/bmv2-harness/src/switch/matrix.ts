/**
 * The same test on every switch there is. The embedded switch is always there, BMv2 where simple_switch_grpc is found.
 * A test must not be skipped unseen, so what is absent is said once a process on the standard error output.
 *
 * Nothing here knows a test runner: `testEachSwitch` takes the runner's own `test` function, which in vitest,
 * node:test, mocha and jest has the same first two arguments.
 */
import type { Target } from './backend.ts';
import { BMV2_VARIABLE, findBmv2 } from './bmv2-process.ts';
import { type StartOptions, startSwitch } from './start-switch.ts';
import type { SwitchUnderTest } from './switch-under-test.ts';

/** A switch that tests can, or cannot, run on. */
export type SwitchPresence =
  | { readonly target: Target; readonly isPresent: true }
  | { readonly target: Target; readonly isPresent: false; readonly reason: string };

/** Every switch the harness knows, with the reason where one is not there. */
export function describeSwitches(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): readonly SwitchPresence[] {
  const reason = `there is no simple_switch_grpc on the search path, and ${BMV2_VARIABLE} names none`;
  return [
    { target: 'softswitch', isPresent: true },
    findBmv2(environment) === undefined
      ? { target: 'bmv2', isPresent: false, reason }
      : { target: 'bmv2', isPresent: true },
  ];
}

let isSaid = false;

/** Calls `register` for every switch that is present; what is absent is said on the standard error output. */
export function forEachSwitch(register: (target: Target) => void): void {
  for (const presence of describeSwitches()) {
    if (presence.isPresent) register(presence.target);
    else if (!isSaid) {
      process.stderr.write(`tests on ${presence.target} not run because ${presence.reason}\n`);
      isSaid = true;
    }
  }
}

/** A test runner's way to declare a test. */
export type DeclareTest = (name: string, body: () => Promise<void>) => unknown;

/**
 * Declares one test for every switch that is present, each with a switch of its own that is started before and closed
 * after.
 *
 * @example testEachSwitch(test, 'forwards', { program: 'router.p4' }, async (net) => { await net.send(1, ...); })
 */
export function testEachSwitch(
  declareTest: DeclareTest,
  name: string,
  options: Omit<StartOptions, 'target'>,
  body: (net: SwitchUnderTest) => Promise<void>,
): void {
  forEachSwitch((target) => {
    declareTest(`${name} (${target})`, async () => {
      await using net = await startSwitch({ ...options, target });
      await body(net);
    });
  });
}
