/**
 * Ends a `switch` over a union: the compiler complains here when a kind is not handled.
 *
 * @throws Error always; reaching it is our bug (or an object that was never checked by the compiler)
 */
export function assertNever(value: never): never {
  throw new Error(`Unexpected kind: ${JSON.stringify(value)}`);
}
