// A vitest reporter that ends a run with one plain line, `N passed, M failed`, for people and scripts that want the
// result without parsing a report. It adds to the default reporter and prints nothing else.

/** Counts the test cases of a finished run. */
export default class ClosingLineReporter {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      const cases = [...module.children.allTests()];
      for (const testCase of cases) {
        const state = testCase.result().state;
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
      }
      // A file that could not be loaded has no cases, but it did fail.
      if (cases.length === 0 && module.state() === 'failed') failed++;
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}
