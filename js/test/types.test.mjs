// The types, which are written by hand, declare what the module has.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as linmem from "../linmem.mjs";

async function declarations() {
  const address = new URL("../linmem.d.ts", import.meta.url);
  if (address.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return readFile(address, "utf8");
  }
  return (await fetch(address)).text();
}

test("every export is declared, and nothing else", async () => {
  const text = await declarations();
  const declared = [...text.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(declared.sort(), Object.keys(linmem).sort());
});

test("every method of a class is declared, and nothing else", async () => {
  const text = await declarations();
  for (const [, name, body] of text.matchAll(/^export class (\w+)[^{]*\{\n([^]*?)\n\}/gm)) {
    const declared = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:<]/gm)].map(([, member]) => member);
    const own = Object.getOwnPropertyNames(linmem[name].prototype).filter((member) => member !== "constructor");
    const missing = own.filter((member) => !declared.includes(member));
    assert.deepEqual(missing, [], `${name}: not declared`);
    const methods = [...body.matchAll(/^ {2}(\w+)[(<]/gm)].map(([, member]) => member);
    assert.ok(methods.length > 0, name);
    const unknown = methods.filter((member) => member !== "constructor" && typeof linmem[name].prototype[member] !== "function");
    assert.deepEqual(unknown, [], `${name}: declared, but not a method`);
    // In an engine without `Symbol.dispose`, another symbol describes itself as this one.
    const nameOf = (symbol) => Object.getOwnPropertyNames(Symbol).find((key) => Symbol[key] === symbol) ?? symbol.description;
    const symbols = [...body.matchAll(/^ {2}\[Symbol\.(\w+)\]\(/gm)].map(([, symbol]) => symbol);
    assert.deepEqual(symbols, Object.getOwnPropertySymbols(linmem[name].prototype).map(nameOf), name);
  }
});
