// Text between arrays or strings and segments on V8: the programs of benches/text.rs, with TextEncoder and TextDecoder beside
// them. The goal for ASCII without vectors is 1.25 when it is encoded.

import assert from "node:assert/strict";
import { exportsOf, print, program, SAFETY, times } from "./support.mjs";

// The number of units of a text.
const UNITS = 16384;

// The texts: a name, a unit that is not ASCII, and the distance of these units.
const TEXTS = [
  ["ASCII", 0x61, 1],
  ["one in 40", 0xe9, 40],
  ["one in 8", 0xe9, 8],
  ["CJK", 0x4e2d, 1],
];

// What the host needs to write to the segment.
const ACCESS = `
  (func (export "address") (result i32) (i32.wrap_i64 (global.get $s)))
  (func (export "bytes") (result i32) (global.get $bytes))
  (memory (export "memory") 4)`;

// The string that a program prepares as an array.
function string([, other, each]) {
  const units = Array.from({ length: UNITS }, (_, index) => (index % each === 0 ? other : 0x61));
  return String.fromCharCode(...units);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function arraysOfText() {
  const text = program("tests", "cost", "text.wat").replace(/\)\s*$/, `${ACCESS})`);
  const rows = [];
  for (const simd of [[], ["--simd"]]) {
    for (const safety of SAFETY) {
      for (const kind of TEXTS) {
        const guest = exportsOf(text, "--safety", safety, ...simd);
        const after = (...names) => {
          guest.prepare(UNITS, kind[1], kind[2]);
          names.forEach((name) => guest[name](UNITS));
          return guest.sum(UNITS);
        };
        const expected = after("set_loop");
        for (const names of [["set"], ["set", "get"], ["set", "get_loop"]]) {
          assert.equal(after(...names), expected, `${names} give the same text`);
        }
        const [input, address, bytes] = [string(kind), guest.address(), guest.bytes()];
        const view = (size) => new Uint8Array(guest.memory.buffer, address, size);
        assert.equal(encoder.encodeInto(input, view(3 * UNITS)).written, bytes);
        assert.equal(decoder.decode(view(bytes)), input);
        const run = (name) => () => guest[name](UNITS);
        // The text in the segment is that of the loops again after the units were stored.
        const encoded = times([run("allocate"), run("set_loop"), run("store_loop"), run("set"), () => {
          encoder.encodeInto(input, view(3 * UNITS));
        }]);
        const decoded = times([run("get"), run("get_loop"), () => decoder.decode(view(bytes))]);
        const [allocate, setLoop, storeLoop, set, encodeInto] = encoded;
        const [get, getLoop, decode] = decoded;
        const ratios = [setLoop / allocate, setLoop / set, setLoop / storeLoop, setLoop / encodeInto];
        rows.push([`${kind[0]} ${safety}${simd.length > 0 ? " simd" : ""}`, ...ratios, getLoop / get, getLoop / decode]);
      }
    }
  }
  print(
    `How many times as fast as a loop over ${UNITS} characters of an array each is`,
    ["allocateUtf8", "setUtf8", "store loop", "TextEncoder", "getUtf8", "TextDecoder"],
    rows,
  );
}

export function strings() {
  const rows = [];
  for (const safety of SAFETY) {
    for (const kind of TEXTS) {
      const guest = exportsOf(program("benches", "v8", "strings.wat"), "--safety", safety);
      const input = string(kind);
      const bytes = guest.set(input, UNITS);
      const view = (size) => new Uint8Array(guest.memory.buffer, guest.address(), size);
      assert.deepEqual(Buffer.from(view(bytes)), Buffer.from(encoder.encode(input)));
      assert.equal(guest.get(bytes), input);
      assert.equal(guest.set_by_array(input, UNITS), bytes);
      assert.equal(guest.set_loop(input, UNITS), bytes);
      assert.deepEqual(Buffer.from(view(bytes)), Buffer.from(encoder.encode(input)));
      const [setLoop, allocate, set, byArray, encodeInto, get, decode] = times([
        () => guest.set_loop(input, UNITS),
        () => guest.allocate(input, UNITS),
        () => guest.set(input, UNITS),
        () => guest.set_by_array(input, UNITS),
        () => encoder.encodeInto(input, view(3 * UNITS)),
        () => guest.get(bytes),
        () => decoder.decode(view(bytes)),
      ]);
      const ratios = [setLoop / allocate, setLoop / set, setLoop / byArray, setLoop / encodeInto];
      rows.push([`${kind[0]} ${safety}`, ...ratios, decode / get]);
    }
  }
  print(
    `How many times as fast as a loop over ${UNITS} characters of a string each is; the last column compares with TextDecoder`,
    ["allocateUtf8", "setUtf8", "by an array", "TextEncoder", "getUtf8"],
    rows,
  );
}
