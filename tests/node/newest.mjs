// The newest Node, which tests/toolchains installs. It has what older versions lack, such as GC arrays and builtins of strings.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { root } from "./linmem.mjs";

const newest = join(root, "tests", "toolchains", "node_modules", ".bin", "node");

// The options of the tests of a file, which this version of Node runs if it `can`. If it cannot, the newest version runs the
// file. If that version is missing, nothing is tested, which is an error where tests must not be skipped.
export function runHereOrOnNewest(file, can) {
  if (can) {
    return {};
  }
  const isNewest = process.env.LINMEM_NEWEST_NODE === "1";
  const isMissing = !existsSync(newest);
  const skip = isMissing && process.env.LINMEM_NO_SKIPS !== "1" && "tests/toolchains has no Node: run `npm install` there";
  test("the newest version of Node runs these tests", { skip }, () => {
    assert.ok(!isNewest, `version ${process.version} lacks what these tests require`);
    assert.ok(!isMissing, `${newest} does not exist: run \`npm install\` in tests/toolchains`);
    const env = { ...process.env, LINMEM_NEWEST_NODE: "1" };
    // Node tells the tests that it starts to report to it.
    delete env.NODE_TEST_CONTEXT;
    const run = spawnSync(newest, ["--no-warnings", "--test", fileURLToPath(file)], { env, encoding: "utf8" });
    assert.equal(run.status, 0, `${run.stdout}${run.stderr}`);
    assert.match(run.stdout, /\bpass [1-9]/);
    assert.match(run.stdout, /\bskipped 0\b/);
  });
  return { skip: "the newest version of Node runs it" };
}
