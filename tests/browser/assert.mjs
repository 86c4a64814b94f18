// The part of `node:assert/strict` that the tests of js/ use, for pages.

class AssertionError extends Error {
  constructor(message, actual, expected) {
    super(`${message ? `${message}: ` : ""}${show(actual)} is not as expected: ${show(expected)}`);
    this.name = "AssertionError";
  }
}

function show(value) {
  if (typeof value === "bigint" || value instanceof Error || value instanceof RegExp || typeof value === "function") {
    return String(value);
  }
  return JSON.stringify(value, (key, inner) => (typeof inner === "bigint" ? `${inner}n` : inner)) ?? String(value);
}

function same(actual, expected) {
  if (Object.is(actual, expected)) {
    return true;
  }
  if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null) {
    return false;
  }
  const keys = Object.keys(expected);
  const isAlike = Object.getPrototypeOf(actual) === Object.getPrototypeOf(expected) && !(actual instanceof Error);
  return isAlike && Object.keys(actual).length === keys.length && keys.every((key) => same(actual[key], expected[key]));
}

function check(condition, message, actual, expected) {
  if (!condition) {
    throw new AssertionError(message, actual, expected);
  }
}

// Whether an error is as expected: it matches, is of a class, has properties, or passes a check.
function checkError(error, expected) {
  if (expected === undefined) {
    return;
  }
  if (expected instanceof RegExp) {
    check(expected.test(String(error)), "the error", error, expected);
  } else if (typeof expected === "function") {
    const isClass = expected === Error || Error.isPrototypeOf(expected) || expected === WebAssembly.RuntimeError;
    check(isClass ? error instanceof expected : expected(error) === true, "the error", error, expected);
  } else {
    for (const [key, value] of Object.entries(expected)) {
      const isRight = value instanceof RegExp ? value.test(error[key]) : same(error[key], value);
      check(isRight, `${key} of the error`, error[key], value);
    }
  }
}

export default {
  ok: (value, message) => check(value, message, value, true),
  equal: (actual, expected, message) => check(Object.is(actual, expected), message, actual, expected),
  deepEqual: (actual, expected, message) => check(same(actual, expected), message, actual, expected),
  throws(callback, expected) {
    let thrown;
    try {
      callback();
    } catch (error) {
      thrown = { error };
    }
    check(thrown !== undefined, "nothing was thrown", undefined, expected);
    checkError(thrown.error, expected);
  },
  async rejects(promise, expected) {
    const settled = await promise.then(
      () => undefined,
      (error) => ({ error }),
    );
    check(settled !== undefined, "the promise was not rejected", undefined, expected);
    checkError(settled.error, expected);
  },
};
