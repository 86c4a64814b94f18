// Compiles MoonBit programs to wasm-gc, with the browser version of the compiler in the package @moonbit/moonpad-monaco.
//
//     node compile.cjs NODE_MODULES WORK PROGRAM.mbt OUT.wasm [EXPORT...]
//
// The standard library is extracted from the package and compiled once, into the folder WORK.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");
const zlib = require("node:zlib");

const [, , modules, work, program, out, ...exported] = process.argv;
const dist = path.join(modules, "@moonbit/moonpad-monaco/dist");
const TARGET = "wasm-gc";
const PREFIX = "moonbitlang/core/";

/** The files of the standard library, which the package contains as a module of base64 strings. */
function unpack() {
  const bundle = fs.readFileSync(path.join(dist, "moonpad-monaco.js"), "utf8");
  const encoded = new Map();
  for (const [, name, text] of bundle.matchAll(/[ ,]([A-Za-z_$][\w$]*) = d\("([A-Za-z0-9+/=]*)"\)/g)) encoded.set(name, text);
  const files = new Map();
  for (const [, file, name] of bundle.matchAll(/^i\["(\/lib\/core\/[^"]*)"\] = ([\w$]+);/gm)) {
    if (!encoded.has(name)) continue;
    const bytes = Buffer.from(encoded.get(name), "base64");
    files.set(file.replace(/\.gz$/, ""), file.endsWith(".gz") ? zlib.gunzipSync(bytes) : bytes);
  }
  return files;
}

/** The compiler, which runs as the script of a web worker. */
function compiler() {
  globalThis.self = globalThis;
  globalThis.require = require;
  globalThis.addEventListener ??= () => {};
  globalThis.postMessage ??= () => {};
  const file = path.join(dist, "moonc-worker.js");
  vm.runInThisContext(fs.readFileSync(file, "utf8"), { filename: file });
  // The object that the worker passes to its page: the one with these two functions.
  const found = Object.values(globalThis).find((value) => value?.buildPackage && value?.linkCore);
  if (!found) throw new Error("the worker has no compiler");
  return found;
}

const moonc = compiler();
const common = { target: TARGET, errorFormat: "human", enableValueTracing: false, noOpt: false };
const relative = (dependency) => dependency.path.replace(/^moonbitlang\/core\/?/, "");

function built(result, what) {
  if (!result.core) throw new Error(`${what}: ${(result.diagnostics ?? []).slice(0, 3).join("\n")}`);
  return result;
}

/** Compiles the standard library, dependencies first, and returns the packages in that order. */
function standardLibrary() {
  const done = path.join(work, "order.json");
  if (fs.existsSync(done)) return JSON.parse(fs.readFileSync(done, "utf8"));
  const files = unpack();
  const text = (file) => files.get(file.replace(/^moonbit-core:/, "")).toString("utf8");
  const { packages } = JSON.parse(text("/lib/core/_build/packages.json"));
  const byName = new Map(packages.map((each) => [each.rel, each]));
  const order = new Set();
  const visit = (each) => {
    if (order.has(each.rel)) return;
    for (const dependency of each.deps) {
      const found = byName.get(relative(dependency));
      if (found && found !== each) visit(found);
    }
    order.add(each.rel);
  };
  packages.forEach(visit);

  const interfaces = new Map();
  for (const name of order) {
    const each = byName.get(name);
    const dependencies = [...each.deps];
    // These packages use others that they do not name.
    if (/regex|^string|^bytes/.test(name)) {
      for (const other of interfaces.keys()) {
        const known = dependencies.some((dependency) => relative(dependency) === other);
        if (!known) dependencies.push({ path: PREFIX + other, alias: `${other.split("/").at(-1)}_` });
      }
    }
    const indirect = new Set();
    const collect = (list) => {
      for (const dependency of list.map(relative)) {
        if (!interfaces.has(dependency) || indirect.has(dependency)) continue;
        indirect.add(dependency);
        collect(byName.get(dependency).deps);
      }
    };
    collect(dependencies);
    for (const dependency of dependencies) indirect.delete(relative(dependency));
    const sources = Object.entries(each.files).filter(
      ([file, { backend, optlevel }]) =>
        backend.includes("WasmGC") && optlevel.includes("Release") && !/_w?b?test\.mbt$/.test(file),
    );
    const result = moonc.buildPackage({
      ...common,
      mbtFiles: sources.map(([file]) => [path.basename(file), text(file)]),
      miFiles: dependencies
        .filter((dependency) => interfaces.has(relative(dependency)))
        .map((dependency) => {
          const other = relative(dependency);
          return [`/lib/core/${other}:${dependency.alias}`, interfaces.get(other)];
        }),
      indirectImportMiFiles: [...indirect].map((other) => [
        `/lib/core/${other}:${other.split("/").at(-1)}`,
        interfaces.get(other),
      ]),
      stdMiFiles: [],
      pkg: PREFIX + name,
      pkgSources: ["moonbitlang/core:moonbit-core:/lib/core"],
      isMain: false,
    });
    built(result, name);
    interfaces.set(name, result.mi);
    const file = path.join(work, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(`${file}.mi`, result.mi);
    fs.writeFileSync(`${file}.core`, result.core);
  }
  fs.writeFileSync(done, JSON.stringify([...order]));
  return [...order];
}

const order = standardLibrary();
const read = (name, ending) => new Uint8Array(fs.readFileSync(path.join(work, `${name}.${ending}`)));
const source = fs.readFileSync(program, "utf8");
const sources = ["moonbitlang/core:moonbit-core:/lib/core", "demo/main:moonpad:/"];
const main = built(
  moonc.buildPackage({
    ...common,
    mbtFiles: [[path.basename(program), source]],
    miFiles: [],
    indirectImportMiFiles: [],
    stdMiFiles: order.map((name) => [`/lib/core/${name}:${name}`, read(name, "mi")]),
    pkg: "demo/main",
    pkgSources: sources,
    isMain: true,
  }),
  program,
);
const linked = moonc.linkCore({
  coreFiles: [...order.map((name) => read(name, "core")), main.core],
  exportedFunctions: exported,
  main: "demo/main",
  outputFormat: "wasm",
  pkgSources: sources,
  sources: { [`moonpad:/${path.basename(program)}`]: source },
  target: TARGET,
  testMode: false,
  sourceMap: false,
  debug: false,
  noOpt: false,
  stopOnMain: false,
});
fs.writeFileSync(out, linked.result);
