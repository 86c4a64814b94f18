// The examples print the same on the WASI of Node as on wasmtime.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { link, root, runHere, runOnNode, world } from "./linmem.mjs";

const example = (name) => join(root, "examples", name);

async function compare(name, args, given = {}, ...options) {
  const path = example(name);
  const here = runHere(path, args, { ...given, options });
  const there = await runOnNode(link(path, ...options), path, args, given);
  assert.equal(there.stderr.toString(), here.stderr.toString());
  assert.deepEqual(there.stdout, here.stdout);
  assert.equal(there.status, here.status);
  return there;
}

for (const safety of ["none", "spatial", "temporal"]) {
  test(`hello at ${safety}`, async () => {
    const { stdout } = await compare("hello.wat", [], {}, "--safety", safety);
    assert.equal(stdout.toString(), "Hello, world!\n");
  });
  test(`cat at ${safety}`, async () => {
    const input = randomBytes(100_000);
    const { stdout } = await compare("cat.wat", [], { input }, "--safety", safety);
    assert.deepEqual(stdout, input);
  });
  test(`echo at ${safety}`, async () => {
    await compare("echo.wat", ["one", "", "three"], {}, "--safety", safety);
  });
  test(`sha256sum at ${safety}`, async () => {
    const { folder, remove } = world();
    try {
      const sizes = [0, 1, 55, 56, 63, 64, 65, 65_536, 1_000_000];
      sizes.forEach((size) => writeFileSync(join(folder, `f${size}`), randomBytes(size)));
      const names = sizes.map((size) => `f${size}`);
      const { stdout, status } = await compare(
        "sha256sum.wat",
        [...names, "-", "missing", "sub/inner.txt"],
        { folder, input: "abc" },
        "--safety",
        safety,
      );
      assert.equal(status, 1);
      assert.equal(stdout.toString().split("\n").length, names.length + 3);
      assert.match(stdout.toString(), /ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad {2}-\n/);
    } finally {
      remove();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
