// The part of `node:test` that the tests of js/ use, for pages. Tests run when the page calls `run`.

const tests = [];

export function test(name, options, body = options) {
  tests.push({ name, skip: options.skip, body });
}

// Runs all tests in order: their names by outcome, with the stack of each failure.
export async function run() {
  const results = { passed: [], failed: [], skipped: [] };
  for (const { name, skip, body } of tests) {
    try {
      if (skip) {
        results.skipped.push(name);
      } else {
        await body();
        results.passed.push(name);
      }
    } catch (error) {
      results.failed.push(`${name}: ${error?.stack ?? error}`);
    }
  }
  return results;
}
