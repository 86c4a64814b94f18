// On Node, strings of JavaScript are encoded and decoded as TextEncoder and TextDecoder do it, by builtins of the engine and by
// the functions of js/strings.mjs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { stringImports } from "../../js/linmem.mjs";
import { linkText, root } from "./linmem.mjs";
import { runHereOrOnNewest } from "./newest.mjs";
import { sequences, texts } from "./texts.mjs";

// The address of texts, in the part of the memory that linmem does not use.
const AT = 0x100;

const BUILTINS = { builtins: ["js-string"] };

// Version 24 of Node is the first one with builtins of strings.
const setting = runHereOrOnNewest(import.meta.url, Number.parseInt(process.versions.node, 10) >= 24);

const program = readFileSync(join(root, "tests", "strings", "program.wat"), "utf8");

async function guest(encoding, builtins) {
  const text = program
    .replaceAll("{Encoding}", encoding)
    .replaceAll("{encoding}", encoding.toLowerCase())
    .replaceAll("{string}", "externref")
    .replaceAll("{made}", "(ref extern)")
    .replaceAll("{seg}", "i64")
    .replaceAll(/\{i32:[^}]*\}|\{bytes\}/g, "");
  const bytes = linkText(text);
  const { module, instance } = await WebAssembly.instantiate(bytes, stringImports(), builtins ? BUILTINS : undefined);
  assert.equal(WebAssembly.Module.imports(module).length === 0, builtins);
  return instance.exports;
}

// Strings of several kinds of the engine: with units of one byte and of two, parts of others, and concatenations.
function strings() {
  const found = [];
  for (const units of texts()) {
    const string = String.fromCharCode(...units);
    found.push(string);
    if (units.length > 26) {
      found.push(`${"\ud83d".repeat(20)}${string}\ude00`.slice(20, 20 + units.length));
      found.push(string.slice(0, 13) + string.slice(13));
    }
  }
  return found;
}

for (const builtins of [true, false]) {
  const way = builtins ? "builtins" : "imports";
  test(`strings are encoded as TextEncoder does by ${way}`, setting, async () => {
    const { memory, open, close, size, allocate, set } = await guest("Utf8", builtins);
    const encoder = new TextEncoder();
    for (const string of strings()) {
      const expected = Buffer.from(encoder.encode(string));
      assert.equal(size(string, 0, string.length), expected.length);
      const region = open();
      const [address] = allocate(region, `\ud83d${string}\ude00`, 1, string.length);
      const found = (start) => Buffer.from(memory.buffer, start, expected.length);
      if (!found(address).equals(expected)) assert.deepEqual([...found(address)], [...expected], JSON.stringify(string));
      close(region);
      assert.equal(set(AT, expected.length, 0, string, 0, string.length), expected.length);
      if (!found(AT).equals(expected)) assert.deepEqual([...found(AT)], [...expected], JSON.stringify(string));
    }
  });

  test(`strings are decoded as TextDecoder does by ${way}`, setting, async () => {
    const { memory, get } = await guest("Utf8", builtins);
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const bytes = [...sequences(), ...texts().map((units) => [...Buffer.from(String.fromCharCode(...units))])];
    for (const text of bytes) {
      new Uint8Array(memory.buffer, AT).set(text);
      const expected = decoder.decode(Uint8Array.from(text));
      if (get(AT, text.length, 0, text.length) !== expected) assert.equal(get(AT, text.length, 0, text.length), expected);
    }
  });

  test(`WTF-8 preserves all strings by ${way}`, setting, async () => {
    const { set, get } = await guest("Wtf8", builtins);
    for (const string of strings()) {
      const bytes = set(AT, 4 * string.length, 0, string, 0, string.length);
      assert.ok(get(AT, bytes, 0, bytes) === string, JSON.stringify(string));
    }
  });

  test(`long strings are made in parts by ${way}`, setting, async () => {
    const { memory, get, set } = await guest("Utf8", builtins);
    for (const shift of [0, 1, 2, 3]) {
      const string = "x".repeat(shift) + "\u{1f980}".repeat(40_000) + "\u4ea4";
      const bytes = set(AT, memory.buffer.byteLength - AT, 0, string, 0, string.length);
      assert.equal(bytes, shift + 160_003);
      assert.ok(get(AT, bytes, 0, bytes) === string);
    }
  });
}
