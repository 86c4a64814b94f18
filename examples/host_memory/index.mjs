// Runs host_memory.wasm in Node and in a page. The memory and the functions that calculate are those of the host.
//
//     linmem link --on-violation report examples/host_memory/host_memory.wat -o examples/host_memory/host_memory.wasm
//     node examples/host_memory/index.mjs
//
// For the page, serve the root of the repository by any static server, and open /examples/host_memory/index.html.

import { instantiate } from "../../js/linmem.mjs";

// Where the program writes in the memory of the host.
const DATA_OFFSET = 4096;

// Runs the program, given as bytes or as a response of `fetch`: the number of bytes that it wrote, and the values in them.
export async function calculate(source, x, y) {
  const shared = new WebAssembly.Memory({ initial: 1 });
  const { exports, memory, reports } = await instantiate(source, {
    math: Math,
    js: { shared_mem: shared, data_offset: DATA_OFFSET },
  });
  const bytes = reports.run(() => exports.expensive_calc(x, y));
  const values = memory.segment(DATA_OFFSET, bytes).toArray(Float64Array);
  return { bytes, values };
}

// The lines that both hosts show: the first values, with six digits.
export function firstLines({ values }, count = 8) {
  return Array.from(values.subarray(0, count), (value, index) => `${index}: ${value.toFixed(6)}`);
}

if (typeof process !== "undefined" && process.argv[1] !== undefined) {
  const { readFile } = await import("node:fs/promises");
  const { fileURLToPath } = await import("node:url");
  const { realpathSync } = await import("node:fs");
  if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
    const path = process.argv[2] ?? new URL("host_memory.wasm", import.meta.url);
    const result = await calculate(await readFile(path), 12, 34);
    console.log([`${result.bytes} bytes`, ...firstLines(result)].join("\n"));
  }
}
