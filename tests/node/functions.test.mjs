// On Node, the raw and the lifted functions of WASI return the same: in every test file of the matrix that has both.
//
// The results may differ from those on wasmtime: another errno, another file type. Lifting must not change them.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { instantiate, linkText, root, world } from "./linmem.mjs";

const folder = join(root, "tests", "filetests", "matrix");

// The words of a header of a test file.
function header(text, key) {
  const found = text.match(new RegExp(`^;;! ${key}:(.*)$`, "m"));
  return found && found[1].trim().split(/\s+/).filter((word) => word !== "");
}

// The text of a test file with packed segments: see tests/support/testfile/mod.rs.
function expand(text) {
  return text
    .replaceAll("{seg}", "i64")
    .replaceAll(/\{bytes\}|\{drop\}|\{size:[^}]*\}|\{i32:[^}]*\}/g, "");
}

// The types of the parameters of an export.
function parameters(text, name) {
  const [, rest] = text.split(`(export "${name}")`);
  const [, list] = rest.match(/^((?:\s*\(param [^)]*\))*)/);
  return [...list.matchAll(/\(param ([^)]*)\)/g)].flatMap(([, words]) =>
    words.split(/\s+/).filter((word) => !word.startsWith("$")),
  );
}

// An argument, converted to its type.
function argument(word, type) {
  const value = word.startsWith("-") ? -BigInt(word.slice(1)) : BigInt(word);
  return type === "i64" ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value));
}

// The results of a call, or the fact that it does not return.
async function outcome(bytes, text, name, words) {
  const directories = header(text, "directories");
  const { preopens, remove } = world(directories ?? []);
  try {
    const args = header(text, "args") ?? [];
    const env = Object.fromEntries((header(text, "env") ?? []).map((word) => word.split("=", 2)));
    const { wasi, instance } = await instantiate(bytes, { args, env, preopens: directories ? preopens : {} });
    wasi.initialize(instance);
    const types = parameters(text, name);
    const values = words.map((word, index) => argument(word, types[index]));
    try {
      return [instance.exports[name](...values)].flat().map(String);
    } catch (error) {
      return [error instanceof WebAssembly.RuntimeError ? "a trap" : "an exit"];
    }
  } finally {
    remove();
  }
}

// The arguments with which a file calls an export.
function calls(text, name) {
  const lines = text.matchAll(new RegExp(`^;; (?:run|trap): ${name}\\(([^)]*)\\)`, "gm"));
  return [...lines].map(([, list]) => list.split(",").map((word) => word.trim()).filter((word) => word !== ""));
}

// Calls that cannot be compared on Node.
const left = {
  "wasi.path_filestat_set_times.wat": "does not come back on Node 20, raw as lifted",
  "wasi.proc_raise.wat": "sends the signal to the tests",
  "wasi.fd_pwrite.wat": "reads memory after a read that Node denies, of which the content is not specified",
};

let compared = 0;
for (const file of readdirSync(folder).filter((name) => name.startsWith("wasi."))) {
  const text = readFileSync(join(folder, file), "utf8");
  // Standard input is that of the test process, and the functions of the test host do not exist here.
  if (file in left || header(text, "stdin") || text.includes('(import "test"')) continue;
  const raw = calls(text, "raw").map((words) => words.join());
  const both = calls(text, "lifted").filter((words) => raw.includes(words.join()));
  if (both.length === 0) continue;
  compared += both.length;
  test(file, async () => {
    for (const safety of ["none", "spatial", "temporal"]) {
      const bytes = linkText(expand(text), "--safety", safety);
      for (const words of both) {
        const expected = await outcome(bytes, text, "raw", words);
        assert.deepEqual(await outcome(bytes, text, "lifted", words), expected, `${words} at ${safety}`);
      }
    }
  });
}

test("calls were compared", () => assert.ok(compared >= 60, `${compared} calls`));
