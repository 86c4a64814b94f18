// The host's side of linmem in JavaScript, for Node and for pages: segments of a WebAssembly memory, regions that a linked
// module exports with `--export-allocator`, strings as the program uses them, and reports of violations. It has no dependencies.

import { Memory } from "./memory.mjs";
import { Reports } from "./reports.mjs";
import { BUILTINS, importsStrings, stringImports } from "./strings.mjs";

export { Memory, Region } from "./memory.mjs";
export { BoundsError, Segment, View } from "./segment.mjs";
export { Reports, ViolationError, readSites } from "./reports.mjs";
export { stringImports } from "./strings.mjs";
export { utf8Size } from "./text.mjs";

// Compiles and instantiates a linked module. `source` is its bytes, a `WebAssembly.Module`, a `Response`, or a promise of one
// of these, such as the result of `fetch`. The imports of reports are provided unless `imports` contains them, and so are those
// of strings, if the engine does not have them as builtins or the option `builtins` is false.
//
// The memory is the one that the option `memory` gives, or the one that the module exports by the name that it gives. Without
// the option, it is the only memory that the module exports or imports: which one segments are in cannot be found out.
export async function instantiate(source, imports = {}, options = {}) {
  const module = await compile(await source, options.builtins === false ? undefined : BUILTINS);
  const reports = new Reports(module, options);
  const strings = importsStrings(module) ? stringImports() : {};
  const instance = await WebAssembly.instantiate(module, { ...reports.imports, ...strings, ...imports });
  const { exports } = instance;
  const found = chosenMemory(options.memory, exports) ?? onlyMemory(module, exports, imports);
  const memory = found === undefined ? undefined : new Memory(found, exports, options);
  return { module, instance, exports, memory, reports };
}

async function compile(source, options) {
  if (source instanceof WebAssembly.Module) {
    return source;
  }
  if (typeof Response === "function" && source instanceof Response) {
    if (!source.ok) {
      throw new Error(`the module cannot be fetched from ${source.url}: ${source.status} ${source.statusText}`.trimEnd());
    }
    // Streaming requires a media type that not every server sends.
    return WebAssembly.compile(await source.arrayBuffer(), options);
  }
  return WebAssembly.compile(source, options);
}

const isMemory = (value) => value instanceof WebAssembly.Memory;

// The memory that the option gives.
function chosenMemory(option, exports) {
  if (typeof option !== "string") {
    return option;
  }
  if (!isMemory(exports[option])) {
    const names = Object.keys(exports).filter((name) => isMemory(exports[name]));
    throw new TypeError(`the module exports no memory \`${option}\`; it exports ${listed(names, "no memory")}`);
  }
  return exports[option];
}

// The memory that the module exports or imports.
function onlyMemory(module, exports, imports) {
  const exported = Object.entries(exports);
  const imported = WebAssembly.Module.imports(module).map((found) => {
    return [`${found.module}.${found.name}`, imports[found.module]?.[found.name]];
  });
  const names = new Map();
  for (const [name, value] of [...exported, ...imported]) {
    if (isMemory(value) && !names.has(value)) {
      names.set(value, name);
    }
  }
  if (names.size > 1) {
    throw new TypeError(
      `the module has the memories ${listed([...names.values()])}: the option \`memory\` says which one segments are in, by ` +
        "the name of its export or by the memory itself",
    );
  }
  return names.keys().next().value;
}

function listed(names, none) {
  return names.length > 0 ? names.map((name) => `\`${name}\``).join(", ") : none;
}
