// What the benches on V8 have in common: linking, and times as ratios within one run.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { linkText, root } from "../../tests/node/linmem.mjs";

export const SAFETY = ["none", "spatial"];

// The text of a program of the repository.
export function program(...path) {
  return readFileSync(join(root, ...path), "utf8");
}

// The exports of an instance of a linked program.
export function exportsOf(text, ...options) {
  const bytes = linkText(text, "--share", "trust", ...options);
  const module = new WebAssembly.Module(bytes, { builtins: ["js-string"] });
  if (WebAssembly.Module.imports(module).length > 0) {
    throw new Error("this version of Node has no builtins of strings: 24 has");
  }
  return new WebAssembly.Instance(module).exports;
}

// The times of functions in nanoseconds: the fastest of many rounds, in each of which each function runs a few times. The
// first rounds are for the compiler of the engine. The machine may be used by others meanwhile, so that means say little.
export function times(functions, rounds = 300, runs = 4) {
  const best = functions.map(() => Infinity);
  for (let round = 0; round < rounds; round += 1) {
    functions.forEach((run, index) => {
      const start = process.hrtime.bigint();
      for (let number = 0; number < runs; number += 1) {
        run();
      }
      const time = Number(process.hrtime.bigint() - start) / runs;
      if (round >= rounds / 4) {
        best[index] = Math.min(best[index], time);
      }
    });
  }
  return best;
}

// Prints a table: its first column is text, and others are numbers.
export function print(title, columns, rows) {
  console.log(`\n${title}\n`);
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = (name, cells) => console.log([name.padEnd(width), ...cells.map((cell) => cell.padStart(14))].join(" "));
  line("", columns);
  for (const [name, ...numbers] of rows) {
    line(name, numbers.map((number) => number.toFixed(2)));
  }
}
