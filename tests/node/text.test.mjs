// On Node, text is encoded and decoded as TextEncoder and TextDecoder do it: see tests/text, which compares with the standard
// library of Rust.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { linkText, root } from "./linmem.mjs";
import { runHereOrOnNewest } from "./newest.mjs";
import { sequences, texts } from "./texts.mjs";

// The addresses of texts and of results, as in tests/text/guest.rs.
const IN = 0x1_0000;
const OUT = 0x60_0000;

// Whether the engine has arrays: the module of the bytes below has the type (array (mut i16)).
const hasArrays = WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 0x5e, 0x77, 1));
const setting = runHereOrOnNewest(import.meta.url, hasArrays);

const program = readFileSync(join(root, "tests", "text", "program.wat"), "utf8");

async function guest(encoding, unit, options) {
  const text = program
    .replaceAll("{Encoding}", encoding)
    .replaceAll("{encoding}", encoding.toLowerCase())
    .replaceAll("{unit}", unit)
    .replaceAll("{seg}", "i64")
    .replaceAll(/\{bytes\}|\{drop\}/g, "");
  const { instance } = await WebAssembly.instantiate(linkText(text, ...options));
  return instance.exports;
}

// A string of UTF-16 code units.
const string = (units) => String.fromCharCode(...units);

for (const options of [[], ["--simd"]]) {
  test(`text is encoded as TextEncoder does ${options}`.trim(), setting, async () => {
    const { memory, encode } = await guest("Utf8", "i16", options);
    const all = texts();
    const view = new DataView(memory.buffer);
    let at = IN;
    for (const units of all) {
      view.setUint32(at, units.length, true);
      units.forEach((unit, index) => view.setUint16(at + 4 + 2 * index, unit, true));
      at += 4 + 2 * units.length;
    }
    assert.ok(at <= OUT);
    encode(IN, all.length, OUT);
    const result = new DataView(memory.buffer);
    at = OUT;
    const encoder = new TextEncoder();
    for (const units of all) {
      const bytes = result.getUint32(at, true);
      const expected = Buffer.from(encoder.encode(string(units)));
      for (const start of [at + 4, at + 4 + bytes]) {
        const found = Buffer.from(memory.buffer, start, bytes);
        if (!found.equals(expected)) assert.deepEqual([...found], [...expected], `of ${units}`);
      }
      at += 4 + 2 * bytes;
    }
  });

  test(`text is decoded as TextDecoder does ${options}`.trim(), setting, async () => {
    const { memory, decode } = await guest("Utf8", "i16", options);
    const all = [...sequences(), ...texts().map((units) => [...Buffer.from(string(units))])];
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    for (let first = 0; first < all.length; first += 20_000) {
      const batch = all.slice(first, first + 20_000);
      const view = new DataView(memory.buffer);
      let at = IN;
      for (const bytes of batch) {
        view.setUint32(at, bytes.length, true);
        new Uint8Array(memory.buffer).set(bytes, at + 4);
        at += 4 + bytes.length;
      }
      assert.ok(at <= OUT);
      decode(IN, batch.length, OUT);
      at = OUT;
      const result = new DataView(memory.buffer);
      for (const bytes of batch) {
        const expected = decoder.decode(Uint8Array.from(bytes));
        const length = result.getUint32(at, true);
        const units = Array.from({ length }, (_, index) => result.getUint16(at + 4 + 2 * index, true));
        assert.equal(string(units), expected, `of ${bytes}`);
        at += 4 + 2 * length;
      }
    }
  });
}
