// The host's side of linmem in JavaScript, for Node and for pages: segments of a WebAssembly memory, regions that a linked
// module exports with `--export-allocator`, and reports of violations. It has no dependencies.

import { Memory } from "./memory.mjs";
import { Reports } from "./reports.mjs";

export { Memory, Region } from "./memory.mjs";
export { BoundsError, Segment, View } from "./segment.mjs";
export { Reports, ViolationError, readSites } from "./reports.mjs";
export { utf8Size } from "./text.mjs";

// Compiles and instantiates a linked module. `source` is its bytes, a `WebAssembly.Module`, a `Response`, or a promise of one
// of these, such as the result of `fetch`. The imports of reports are provided unless `imports` contains them.
//
// The memory is the one given in the options, else the one that the module exports as `memory`, else the first one that it
// imports.
export async function instantiate(source, imports = {}, options = {}) {
  const module = await compile(await source);
  const reports = new Reports(module, options);
  const instance = await WebAssembly.instantiate(module, { ...reports.imports, ...imports });
  const { exports } = instance;
  const found = options.memory ?? exportedMemory(exports) ?? importedMemory(module, imports);
  const memory = found && new Memory(found, exports, options);
  return { module, instance, exports, memory, reports };
}

async function compile(source) {
  if (source instanceof WebAssembly.Module) {
    return source;
  }
  if (typeof Response === "function" && source instanceof Response) {
    if (!source.ok) {
      throw new Error(`the module cannot be fetched from ${source.url}: ${source.status} ${source.statusText}`.trimEnd());
    }
    // Streaming requires a media type that not every server sends.
    return WebAssembly.compile(await source.arrayBuffer());
  }
  return WebAssembly.compile(source);
}

function exportedMemory(exports) {
  return exports.memory instanceof WebAssembly.Memory ? exports.memory : undefined;
}

function importedMemory(module, imports) {
  const found = WebAssembly.Module.imports(module).find(({ kind }) => kind === "memory");
  return found && imports[found.module]?.[found.name];
}
