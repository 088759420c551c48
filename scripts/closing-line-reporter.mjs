// A vitest reporter that ends a run with one plain line, `N passed, M failed`, for people and scripts that want the
// result without parsing a report. A test that cannot be made on this machine does not disappear: it says so by its
// name, `not run because ...`, and these are repeated before the closing line. It adds to the default reporter.

/** Counts the test cases of a finished run. */
export default class ClosingLineReporter {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0;
    let failed = unhandledErrors.length;
    const notRun = [];
    for (const module of modules) {
      let failedHere = 0;
      for (const testCase of module.children.allTests()) {
        const state = testCase.result().state;
        if (state === 'passed' && testCase.name.includes('not run because')) notRun.push(testCase.name);
        if (state === 'passed') passed++;
        else if (state === 'failed') failedHere++;
      }
      // A file that could not be loaded, or whose preparation failed, has no failed case, but it did fail.
      if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
      failed += failedHere;
    }
    for (const name of notRun) process.stdout.write(`\n${name}`);
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}
