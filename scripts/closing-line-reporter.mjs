// A vitest reporter that ends a run with one plain line, `N passed, M failed`, for people and scripts that want the
// result without parsing a report. It adds to the default reporter and prints nothing else.

/** Counts the test cases of a finished run. */
export default class ClosingLineReporter {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      let failedHere = 0;
      for (const testCase of module.children.allTests()) {
        const state = testCase.result().state;
        if (state === 'passed') passed++;
        else if (state === 'failed') failedHere++;
      }
      // A file that could not be loaded, or whose preparation failed, has no failed case, but it did fail.
      if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
      failed += failedHere;
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}
