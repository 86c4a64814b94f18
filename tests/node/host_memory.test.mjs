// The example host_memory in Node: the program fills memory of the host.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { calculate } from "../../examples/host_memory/index.mjs";
import { link, root } from "./linmem.mjs";

const folder = join(root, "examples", "host_memory");

function expected(x, y) {
  const value = (t) => Math.log(1 + t) * (Math.sin(x * t) + Math.cos(y * t));
  return Array.from({ length: 256 }, (_, index) => value(index / 256));
}

for (const safety of ["none", "spatial", "temporal"]) {
  test(`host_memory returns the bytes that it wrote, at ${safety}`, async () => {
    const module = link(join(folder, "host_memory.wat"), "--on-violation", "report", "--safety", safety);
    for (const [x, y] of [[12, 34], [0, 0], [-7, 1]]) {
      const { bytes, values } = await calculate(module, x, y);
      assert.equal(bytes, 2048);
      assert.deepEqual([...values], expected(x, y));
    }
  });
}

test("host_memory prints the number of bytes and the first values", () => {
  const scratch = mkdtempSync(join(tmpdir(), "linmem-"));
  try {
    const path = join(scratch, "host_memory.wasm");
    writeFileSync(path, link(join(folder, "host_memory.wat"), "--on-violation", "report"));
    const printed = execFileSync(process.execPath, [join(folder, "index.mjs"), path], { encoding: "utf8" });
    const lines = expected(12, 34).slice(0, 8).map((value, index) => `${index}: ${value.toFixed(6)}`);
    assert.equal(printed, ["2048 bytes", ...lines, ""].join("\n"));
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
