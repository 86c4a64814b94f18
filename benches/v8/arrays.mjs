// Copies between arrays and segments on V8, compared with a loop over their elements at the same safety level: the programs of
// benches/arrays.rs. It prints how many times as fast as the loop a copy is. The goal is 1.3, in both directions.

import assert from "node:assert/strict";
import { exportsOf, print, program, SAFETY, times } from "./support.mjs";

// The number of bytes of a copy.
const BYTES = 65536;

// For each type of elements, what replaces the placeholders of the program.
const ELEMENTS = {
  i8: { access: "Byte", unsigned: "UByte", extend: "_u", bytes: 1 },
  i16: { access: "Short", unsigned: "UShort", extend: "_u", bytes: 2 },
  i32: { access: "Int", unsigned: "Int", extend: "", bytes: 4 },
  i64: { access: "Long", unsigned: "Long", extend: "", bytes: 8 },
};

export function arrays() {
  const rows = [];
  for (const safety of SAFETY) {
    for (const [element, { access, unsigned, extend, bytes }] of Object.entries(ELEMENTS)) {
      const isLong = element === "i64";
      const values = {
        element,
        access,
        unsigned,
        extend,
        bytes,
        value: isLong ? "i64" : "i32",
        wide: isLong ? "i64.mul (i64.const 1)" : "i64.extend_i32_u",
        index: isLong ? "(i64.extend_i32_u (local.get $i))" : "(local.get $i)",
      };
      const text = program("tests", "cost", "arrays.wat").replaceAll(/\{(\w+)\}/g, (_, name) => values[name]);
      const guest = exportsOf(text, "--safety", safety);
      const count = BYTES / bytes;
      const after = (...names) => {
        ["prepare", ...names].forEach((name) => guest[name](count));
        return guest.sum(count);
      };
      const expected = after("from_loop");
      assert.notEqual(after(), expected);
      for (const names of [["from"], ["from", "clear", "to"], ["from", "clear", "to_loop"]]) {
        assert.equal(after(...names), expected, `${names} copy all elements`);
      }
      const [from, fromLoop, to, toLoop] = times(
        ["from", "from_loop", "to", "to_loop"].map((name) => () => guest[name](count)),
      );
      rows.push([`${element} ${safety}`, fromLoop / from, toLoop / to]);
    }
  }
  print(`How many times as fast as a loop over the elements a copy of ${BYTES} bytes is`, ["from array", "to array"], rows);
}
