// On Node, the functions of the test files with legacy exception handling, which wasmtime does not have, return what they say,
// at every safety level, with every nesting policy and with every zeroing mode.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { linkText, root } from "./linmem.mjs";

const folder = join(root, "tests", "filetests", "unwind", "legacy");

for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name), "utf8");
  const policies = text.match(/^;;! policies: (.*)$/m)?.[1].split(" ") ?? ["stack", "outermost", "forbid"];
  const lines = [...text.matchAll(/^;; run: (\w+)\((-?\d*)\) == (-?\d+)$/gm)];
  test(name, async () => {
    assert.ok(lines.length > 0);
    for (const safety of ["none", "spatial", "temporal"]) {
      for (const nesting of policies) {
        for (const zero of ["never", "allocate", "free"]) {
          const options = ["--safety", safety, "--nesting", nesting, "--zero", zero, "--unwind", "release"];
          const { instance } = await WebAssembly.instantiate(linkText(text, ...options));
          for (const [, call, operand, result] of lines) {
            assert.equal(instance.exports[call](Number(operand)), Number(result), `${options.join(" ")}: ${call}(${operand})`);
          }
        }
      }
    }
  });
}
