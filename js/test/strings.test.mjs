import assert from "node:assert/strict";
import { test } from "node:test";
import { instantiate, stringImports } from "../linmem.mjs";
import { link, load } from "../testing.mjs";

// Encodes and decodes the strings that it gets, and passes them to every function of the host.
const ENCODE = `(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.setWtf8" (func $set (param i64 i32 externref i32 i32) (result i32)))
  (import "linmem" "Text.utf8Size" (func $size (param externref i32 i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "size") (param $text externref) (param $index i32) (param $count i32) (result i32)
    (call $size (local.get $text) (local.get $index) (local.get $count)))
  (func (export "set") (param $text externref) (param $count i32) (result i32)
    (call $set (call $ofAddress (i32.const 64) (i32.const 262080)) (i32.const 0)
      (local.get $text) (i32.const 0) (local.get $count))))`;

const DECODE = `(module
  (import "linmem" "MemorySegment.ofAddress" (func $ofAddress (param i32 i32) (result i64)))
  (import "linmem" "MemorySegment.getWtf8" (func $get (param i64 i32 i32) (result externref)))
  (memory (export "memory") 4)
  (func (export "get") (param $count i32) (result externref)
    (call $get (call $ofAddress (i32.const 64) (i32.const 262080)) (i32.const 0) (local.get $count))))`;

// Every function of the proposal, with its type.
const FUNCTIONS = [
  ["cast", "(param externref) (result (ref extern))"],
  ["test", "(param externref) (result i32)"],
  ["length", "(param externref) (result i32)"],
  ["charCodeAt", "(param externref i32) (result i32)"],
  ["codePointAt", "(param externref i32) (result i32)"],
  ["fromCharCode", "(param i32) (result (ref extern))"],
  ["fromCodePoint", "(param i32) (result (ref extern))"],
  ["concat", "(param externref externref) (result (ref extern))"],
  ["substring", "(param externref i32 i32) (result (ref extern))"],
  ["equals", "(param externref externref) (result i32)"],
  ["compare", "(param externref externref) (result i32)"],
];

const ALL = `(module
  (type $units (array (mut i16)))
  ${FUNCTIONS.map(([name, type]) => `(import "wasm:js-string" "${name}" (func $${name} ${type})) (export "${name}" (func $${name}))`).join("\n  ")}
  (import "wasm:js-string" "intoCharCodeArray" (func $into (param externref (ref null $units) i32) (result i32)))
  (import "wasm:js-string" "fromCharCodeArray" (func $from (param (ref null $units) i32 i32) (result (ref extern))))
  ;; Copies a string to an array of some length, at an index, and makes a string of a range of it.
  (func (export "copy") (param $text externref) (param $length i32) (param $at i32) (param $start i32) (param $end i32)
    (result externref) (local $array (ref null $units))
    (local.set $array (array.new $units (i32.const 0x2e) (local.get $length)))
    (drop (call $into (local.get $text) (local.get $array) (local.get $at)))
    (call $from (local.get $array) (local.get $start) (local.get $end)))
  (func (export "fromNull") (result externref) (call $from (ref.null $units) (i32.const 0) (i32.const 0)))
  (func (export "intoNull") (param $text externref) (result i32)
    (call $into (local.get $text) (ref.null $units) (i32.const 0))))`;

// A module with the type (array (mut i16)).
const hasArrays = WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 0x5e, 0x77, 1));
const needsArrays = { skip: !hasArrays && "the engine has no arrays" };

// A module that imports `length` with a wrong type, which only an engine with the builtin rejects.
const WRONG = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 25, 1, 14],
  ...new TextEncoder().encode("wasm:js-string"),
  ...[6, ...new TextEncoder().encode("length"), 0, 0],
);
const hasBuiltins = WebAssembly.validate(WRONG) && !WebAssembly.validate(WRONG, { builtins: ["js-string"] });
const needsBuiltins = { skip: !hasBuiltins && "the engine has no builtins of strings" };

const texts = [
  "",
  "plain",
  "Straße €",
  "\u{1f980} \ud83d",
  "\udc00\ud83d",
  "x".repeat(8191) + "\u{1f980}",
  "\u4ea4".repeat(8193),
  "a".repeat(65535) + "\u00e9" + "b".repeat(70000),
];

// WTF-8, by the rule of the specification.
function wtf8(text) {
  return Array.from(text).flatMap((character) => {
    const point = character.codePointAt(0);
    if (point >= 0xd800 && point < 0xe000) return [0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f)];
    return [...new TextEncoder().encode(character)];
  });
}

for (const builtins of [true, false]) {
  const way = builtins ? "builtins" : "imports";
  test(`strings are encoded by ${way}`, builtins ? needsBuiltins : {}, async () => {
    const { module, exports, memory } = await load(ENCODE, [], {}, { builtins });
    assert.equal(WebAssembly.Module.imports(module).length === 0, builtins);
    for (const text of texts) {
      const expected = wtf8(text);
      assert.equal(exports.set(text, text.length), expected.length);
      assert.deepEqual([...memory.bytes().subarray(64, 64 + expected.length)], expected);
      assert.equal(exports.size(text, 0, text.length), new TextEncoder().encode(text).length);
    }
    for (const wrong of [null, undefined, 5, {}, new String("text")]) {
      assert.throws(() => exports.size(wrong, 0, 0), WebAssembly.RuntimeError);
    }
    for (const [index, count] of [[0, 5], [4, 1], [5, 0], [-1, 1], [1, -1]]) {
      assert.throws(() => exports.size("text", index, count), WebAssembly.RuntimeError);
    }
    assert.equal(exports.size("text", 4, 0), 0);
  });

  test(`strings are made by ${way}`, builtins ? needsBuiltins : needsArrays, async () => {
    const { exports, memory } = await load(DECODE, [], {}, { builtins });
    for (const text of texts) {
      const bytes = wtf8(text);
      memory.bytes().set(bytes, 64);
      assert.ok(exports.get(bytes.length) === text);
    }
  });

  test(`every function of strings is provided by ${way}`, builtins ? needsBuiltins : needsArrays, async () => {
    const { exports } = await load(ALL, [], {}, { builtins });
    const traps = (call) => assert.throws(call, WebAssembly.RuntimeError);
    assert.equal(exports.cast("a"), "a");
    assert.deepEqual([exports.test("a"), exports.test(null), exports.test(1)], [1, 0, 0]);
    assert.equal(exports.length("\u{1f980}"), 2);
    assert.equal(exports.charCodeAt("\u{1f980}", 1), 0xdd80);
    assert.equal(exports.codePointAt("\u{1f980}", 0), 0x1f980);
    assert.equal(exports.fromCharCode(0x1_0041), "A");
    assert.equal(exports.fromCodePoint(0x1f980), "\u{1f980}");
    assert.equal(exports.concat("a", "b"), "ab");
    const parts = [[1, 2], [1, 9], [3, 4], [4, 9], [2, 1], [0, -1], [-1, 2]];
    assert.deepEqual(parts.map(([start, end]) => exports.substring("abc", start, end)), ["b", "bc", "", "", "", "abc", ""]);
    assert.deepEqual([exports.equals("a", "a"), exports.equals("a", null), exports.equals(null, null)], [1, 0, 1]);
    assert.deepEqual([exports.compare("a", "b"), exports.compare("b", "a"), exports.compare("b", "b")], [-1, 1, 0]);
    for (const name of ["cast", "length", "charCodeAt", "codePointAt", "concat", "substring", "compare"]) {
      traps(() => exports[name](null, null, null));
      traps(() => exports[name](1, "a", 0));
    }
    traps(() => exports.concat("a", null));
    traps(() => exports.compare("a", 1));
    traps(() => exports.equals("a", 1));
    traps(() => exports.charCodeAt("a", 1));
    traps(() => exports.charCodeAt("a", -1));
    traps(() => exports.codePointAt("a", 1));
    traps(() => exports.fromCodePoint(0x11_0000));
    traps(() => exports.fromCodePoint(-1));
    assert.equal(exports.copy("\ud800\u{1f980}", 5, 1, 0, 5), ".\ud800\u{1f980}.");
    const long = "\u4ea4".repeat(20_000);
    assert.equal(exports.copy(long, 20_000, 0, 0, 20_000), long);
    assert.equal(exports.copy("", 3, 3, 3, 3), "");
    traps(() => exports.copy("ab", 2, 1, 0, 0));
    traps(() => exports.copy("", 2, 3, 0, 0));
    traps(() => exports.copy("ab", 2, -1, 0, 0));
    traps(() => exports.copy(null, 2, 0, 0, 0));
    traps(() => exports.copy("", 2, 0, 0, 3));
    traps(() => exports.copy("", 2, 0, 2, 1));
    traps(() => exports.copy("", 2, 0, -1, -1));
    traps(() => exports.fromNull());
    traps(() => exports.intoNull("a"));
  });
}

test("the program can bring its own functions of strings", async () => {
  const own = { "wasm:js-string": { length: () => 3, charCodeAt: (_, index) => 0x61 + index } };
  const { exports, memory } = await load(ENCODE, [], own, { builtins: false });
  assert.equal(exports.set({}, 3), 3);
  assert.deepEqual([...memory.bytes().subarray(64, 67)], [0x61, 0x62, 0x63]);
});

test("without instantiate, the functions are imports of any module", async () => {
  const module = await WebAssembly.compile(await link(ENCODE));
  const { exports } = await WebAssembly.instantiate(module, stringImports());
  assert.equal(exports.size("\u20ac", 0, 1), 3);
  assert.equal((await instantiate(module)).exports.size("\u20ac", 0, 1), 3);
});

async function read(name) {
  const address = new URL(name, import.meta.url);
  if (address.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return readFile(address, "utf8");
  }
  return (await fetch(address)).text();
}

test("the module that accesses arrays is that of strings.wat", async () => {
  const [code, text] = await Promise.all(["../strings.mjs", "../strings.wat"].map(read));
  const contained = [...code.matchAll(/^ {2}"([A-Za-z0-9+/=]+)"/gm)].map(([, part]) => part).join("");
  assert.equal(contained, btoa(String.fromCharCode(...(await link(text)))));
});
