// What the tests have in common: programs, which are linked by the binary. In a page, the server of the page links them.

import { instantiate } from "./linmem.mjs";

const isPage = typeof process === "undefined";

// Links a program in the text format.
export async function link(text, ...options) {
  if (isPage) {
    const response = await fetch("/link", { method: "POST", body: JSON.stringify({ text, options }) });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : Promise.reject(new Error(await response.text()));
  }
  const { linkText } = await import("../tests/node/linmem.mjs");
  return linkText(text, ...options);
}

// Links and instantiates a program.
export async function load(text, linking = [], imports = {}, options = {}) {
  return instantiate(await link(text, ...linking), imports, options);
}

// A program that allocates, reads and fails, with segments of a type in the text format.
export function program(seg) {
  return `(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result ${seg})))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.getInt" (func $getInt (param ${seg} i32) (result i32)))
  (import "linmem" "MemorySegment.setInt" (func $setInt (param ${seg} i32 i32)))
  (func (export "get") (param $segment ${seg}) (param $offset i32) (result i32)
    (call $getInt (local.get $segment) (local.get $offset)))
  (func (export "double") (param $segment ${seg})
    (call $setInt (local.get $segment) (i32.const 0)
      (i32.mul (call $getInt (local.get $segment) (i32.const 0)) (i32.const 2))))
  (func (export "make") (param $region i32) (param $bytes i32) (result ${seg})
    (call $allocate (local.get $region) (local.get $bytes)))
  (func (export "open") (result i32) (call $new))
  (func (export "close") (param $region i32) (call $free (local.get $region)))
  (func (export "grow") (param $pages i32) (result i32) (memory.grow (local.get $pages)))
  (func (export "trap") (param $region i32) unreachable)
  (memory (export "memory") 1))`;
}

// A module with a parameter of type `anyref`.
const REFERENCES = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 1, 0x6e, 0);

// The options of a test whose segments have this type: Node 20 does not know references to structs, but every browser does.
export function needsReferences(seg) {
  const isKnown = !seg.endsWith("ref") || WebAssembly.validate(REFERENCES);
  return { skip: isKnown ? false : "the engine does not know anyref" };
}

// A module with two memories.
const MEMORIES = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 5, 2, 0, 0, 0, 0);

// The options of a test with several memories: Node 20 does not know them, but every browser does.
export const NEEDS_MEMORIES = {
  skip: WebAssembly.validate(MEMORIES) ? false : "the engine does not know several memories",
};

// The choices of a program whose memory linmem grows.
export const TRUST = ["--share", "trust"];
