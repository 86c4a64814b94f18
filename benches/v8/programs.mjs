// Small programs on V8, as ratios to the same programs written by hand: those of benches/programs.rs.

import assert from "node:assert/strict";
import { exportsOf, print, program, SAFETY, times } from "./support.mjs";

// The name of each program, which is also that of its export; the folders of its text and of the one written by hand; its
// operand; and the goal without checks.
const PROGRAMS = [
  ["iovec", ["tests", "cost"], ["tests", "cost"], 10000, 0.6],
  ["many", ["tests", "cost"], ["benches", "programs"], 1000, 1.05],
  ["nested", ["benches", "programs"], ["benches", "programs"], 1000, 1.1],
];

export function programs() {
  const rows = PROGRAMS.map(([name, folder, handFolder, operand, goal]) => {
    const hand = exportsOf(program(...handFolder, `${name}.hand.wat`));
    const linked = SAFETY.map((safety) =>
      exportsOf(program(...folder, `${name}.wat`).replaceAll("{seg}", "i64"), "--safety", safety),
    );
    const all = [hand, ...linked].map((guest) => () => guest[name](operand));
    // iovec adds addresses.
    linked.forEach((guest) => name === "iovec" || assert.equal(guest[name](operand), hand[name](operand)));
    const [base, ...others] = times(all, 400, 8);
    return [name, ...others.map((time) => time / base), goal];
  });
  print("Time relative to the program written by hand", [...SAFETY, "goal"], rows);
}
