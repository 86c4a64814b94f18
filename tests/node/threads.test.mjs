// Threads over one shared memory, on the workers of Node: what tests/threads/main.rs runs on wasmtime.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { linkText, printText, root } from "./linmem.mjs";

const THREADS = 8;

// The regions of one thread are opened by this number of instances, one after another, so that memory keeps growing.
const INSTANCES = 20;

if (isMainThread) {
  const text = (seg) => readFileSync(join(root, "tests", "threads", "worker.wat"), "utf8").replaceAll("{seg}", seg);

  // The longest time that a thread may take, in milliseconds. Chunks that are overwritten can make it loop for ever.
  const LIMIT = 20_000;

  // Runs one call in a thread of its own.
  const work = (data) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data });
      const timer = setTimeout(() => {
        worker.terminate();
        resolve("no result");
      }, data.limit);
      const settled = (settle) => (value) => {
        clearTimeout(timer);
        settle(value);
      };
      worker.once("message", settled(resolve));
      worker.once("error", settled(reject));
    });

  // Runs the threads, each with this number of regions, beside a thread of the program that grows the memory, and this
  // thread, which does. Returns what the threads found, and the final number of pages.
  async function run(bytes, rounds, nests, limit = LIMIT) {
    const module = await WebAssembly.compile(bytes);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const args = (thread) => ["work", Array.from({ length: INSTANCES }, (_, instance) => {
      const seed = Math.imul(1 + thread * INSTANCES + instance, 0x9e3779b1);
      return [seed, rounds / INSTANCES, nests, 0];
    })];
    const threads = Array.from({ length: THREADS }, (_, thread) => work({ module, memory, limit, call: args(thread) }));
    threads.push(work({ module, memory, limit, call: ["others", [[64]]] }));
    let isDone = false;
    const all = Promise.all(threads).finally(() => (isDone = true));
    for (let grown = 0; grown < 64 && !isDone; grown++) {
      memory.grow(1);
      await new Promise(setImmediate);
    }
    return { found: await all, pages: memory.buffer.byteLength / 65536 };
  }

  for (const [seg, safety] of [["i64", "none"], ["i64", "temporal"], ["i32", "none"]]) {
    test(`threads keep to their chunks: ${seg} at ${safety}`, async () => {
      const bytes = linkText(text(seg), "--safety", safety);
      const rounds = seg === "i64" ? 10_000 : 1000;
      const { found, pages } = await run(bytes, rounds, 1);
      assert.deepEqual(found, Array(THREADS + 1).fill("0"));
      assert.ok(pages > 500, `${pages} pages`);
    });
  }

  test("a chunk that is derived from the size is overwritten", async () => {
    // Between the two instructions, other threads have time to grow the memory.
    const claim = `(func $claim (param i32) (result i32) (local $i i32)
      (if (i32.eq (memory.grow (local.get 0)) (i32.const -1)) (then (return (i32.const -1))))
      (loop $spin
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $spin (i32.lt_u (local.get $i) (i32.const 100000))))
      (i32.sub (memory.size) (local.get 0)))`;
    const printed = printText(text("i64"));
    const start = printed.indexOf("(func $linmem.");
    const own = printed.slice(start).replaceAll("memory.grow", "call $claim");
    assert.notEqual(own, printed.slice(start));
    const bytes = linkText(printed.slice(0, start) + own.slice(0, own.lastIndexOf(")")) + claim + ")");
    // Whether a run finds it is a matter of chance; that none does is very unlikely.
    for (let attempt = 0; attempt < 20; attempt++) {
      const { found } = await run(bytes, 1000, 1, 5000);
      if (found.some((result) => result !== "0")) return;
    }
    assert.fail("no thread found it");
  });
} else {
  const { module, memory, call: [name, calls] } = workerData;
  let result = 0;
  try {
    for (const args of calls) {
      const instance = await WebAssembly.instantiate(module, { env: { memory } });
      result += instance.exports[name](...args);
    }
  } catch (error) {
    result = error;
  }
  parentPort.postMessage(String(result));
}
