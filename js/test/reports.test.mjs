import assert from "node:assert/strict";
import { test } from "node:test";
import { instantiate, Reports, readSites, ViolationError } from "../linmem.mjs";
import { link, load, program, TRUST } from "../testing.mjs";

const REPORT = ["--on-violation", "report", "--export-allocator", ...TRUST];

test("a violation has a sentence, a line and a cause", async () => {
  const seen = [];
  const options = { onViolation: (violation) => seen.push(violation) };
  const { memory, exports, reports } = await load(program("i64"), REPORT, {}, options);
  const call = () => memory.withRegion((region) => exports.get(region.allocate(16).value, 13));
  assert.throws(() => reports.run(call), (error) => {
    assert.ok(error instanceof ViolationError);
    const expected = "MemorySegment.getInt: bytes 13..17 of a segment of 16 bytes\n  at standard input:8, in function 5";
    assert.equal(error.message, expected);
    assert.equal(error.kind, "OutOfBounds");
    assert.deepEqual(error.numbers, [13, 4, 16]);
    assert.equal(error.site.line, 8);
    assert.ok(error.cause instanceof WebAssembly.RuntimeError);
    assert.deepEqual(seen, [error]);
    assert.equal(reports.last, error);
    return true;
  });
});

test("calls of the host are places, too", async () => {
  const { exports, reports } = await load(program("i64"), [...REPORT, "--safety", "temporal"]);
  assert.throws(() => reports.run(() => exports.linmem_close(99)), {
    message: "MemoryAllocator.free: allocator 99 is not open: it was already closed, or never opened\n  in $linmem_close",
  });
  const region = exports.linmem_open();
  assert.throws(() => reports.run(() => exports.linmem_allocate(region, 8, 3)), {
    message: "MemoryAllocator.allocateAligned: the alignment 3 is not a power of two up to 65536\n  in $linmem_allocate",
  });
});

test("run returns results, and other errors unchanged", async () => {
  const { exports, reports } = await load(program("i64"), REPORT);
  assert.equal(reports.run(() => 5), 5);
  assert.equal(await reports.run(async () => 6), 6);
  assert.throws(() => reports.run(() => exports.trap(0)), { name: "RuntimeError" });
  const mine = new Error("mine");
  await assert.rejects(reports.run(async () => Promise.reject(mine)), (error) => error === mine);
  await assert.rejects(
    reports.run(async () => exports.get(4n << 32n, 1)),
    { name: "ViolationError", kind: "OutOfBounds" },
  );
  assert.throws(() => reports.run(() => exports.trap(0)), { name: "RuntimeError" });
  const afterReport = () => {
    assert.throws(() => exports.get(4n << 32n, 1), { name: "RuntimeError" });
    throw mine;
  };
  assert.throws(() => reports.run(afterReport), (error) => error === mine);
});

test("a report without a known place has no line", async () => {
  const module = await WebAssembly.compile(await link(program("i64"), ...REPORT));
  const reports = new Reports(module);
  const { violation } = reports.imports.linmem_report;
  for (const site of [-1, reports.sites.length]) {
    violation(0, site, 13, 4, 16);
    assert.equal(reports.last.message, "bytes 13..17 of a segment of 16 bytes");
    assert.equal(reports.last.site, undefined);
  }
  violation(99, -1, 1, 2, -1);
  assert.equal(reports.last.kind, 99);
  assert.equal(reports.last.message, "a violation of the unknown kind 99, with the numbers 1, 2 and 4294967295");
});

test("each kind has its sentence", async () => {
  const module = await WebAssembly.compile(await link("(module)"));
  const reports = new Reports(module);
  const say = (kind, ...numbers) => {
    reports.imports.linmem_report.violation(kind, -1, ...numbers);
    return `${reports.last.kind}: ${reports.last.message}`;
  };
  assert.deepEqual(
    [
      say(0, -1, 2, 1),
      say(1, 24, 1, 16),
      say(1, 24, 8, 16),
      say(2, 3, 1, 0),
      say(2, 3, 2, 0),
      say(3, 7, 0, 0),
      say(4, 7, 0, 0),
      say(5, 12, 0, 0),
      say(6, 100, 8, 1),
      say(6, 100, 64, 2),
      say(7, 1, 16, 10),
      say(8, 1, 0, 0),
      say(8, 0, 0, 0),
    ],
    [
      "OutOfBounds: bytes 4294967295..4294967297 of a segment of 1 byte",
      "UseAfterFree: the byte at address 24 of a freed segment",
      "UseAfterFree: the 8 bytes at address 24 of a freed segment",
      "NotInnermost: allocator 3 is not the innermost one: 1 region opened in it is still open",
      "NotInnermost: allocator 3 is not the innermost one: 2 regions opened in it are still open",
      "AlreadyFreed: allocator 7 is not open: it was already closed, or never opened",
      "Nested: allocator 7 is open, but regions must not nest",
      "BadAlignment: the alignment 12 is not a power of two up to 65536",
      "OutOfMemory: out of memory: cannot allocate 100 bytes; the memory has 1 page",
      "OutOfMemory: out of memory: cannot allocate 100 bytes aligned to 64; the memory has 2 pages",
      "Corrupted: the region header at address 16 was overwritten: its first word is 0x0000000a",
      "Forged: the reference is null and does not refer to a segment",
      "Forged: the reference does not refer to a segment of this module",
    ],
  );
});

// A module with these sections of sites.
function withSections(...sections) {
  const name = new TextEncoder().encode("linmem.sites");
  const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  for (const section of sections) {
    bytes.push(0, 1 + name.length + section.length, name.length, ...name, ...section);
  }
  return new WebAssembly.Module(Uint8Array.from(bytes));
}

const FFFFFFFF = [0xff, 0xff, 0xff, 0xff, 0x0f];
const STRINGS = [1, 4, 0, 1, 0x61, 1, 0x62, 1, 0x0a];

test("sites are displayed by what is known", () => {
  const site = (...numbers) => readSites(withSections([...STRINGS, 1, ...numbers])).map(String);
  assert.deepEqual(site(1, 5, 0, 0, 0, 0, 0), ["in function 5"]);
  assert.deepEqual(site(1, ...FFFFFFFF, 0, 0, 0, 0, 0), ["in an unnamed function"]);
  assert.deepEqual(site(1, 5, 2, 0x10, 0, 0, 0), ["at offset 0x10, in $b"]);
  assert.deepEqual(site(1, 5, 2, 0x10, 0, 9, 0), ["at line 9, in $b"]);
  assert.deepEqual(site(1, 5, 2, 0x10, 1, 9, 0), ["at a:9, in $b"]);
  assert.deepEqual(site(1, 5, 3, 0x10, 1, 9, 4), ["at a:9:4, in $\\n"]);
  assert.deepEqual(site(9, 5, 9, 0, 9, 0, 0), ["in function 5"]);
});

test("sites of merged modules keep what agrees", () => {
  const first = [...STRINGS, 2, 1, 5, 0, 0, 0, 0, 0, 1, 6, 0, 0, 0, 0, 0];
  const second = [...STRINGS, 3, 1, 5, 0, 0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 0, 2, 8, 0, 0, 0, 0, 0];
  const sites = readSites(withSections(first, second));
  assert.deepEqual(sites.map(String), ["in function 5", "in an unnamed function", "in function 8"]);
  assert.deepEqual(sites.map(({ intrinsic }) => intrinsic), ["a", "a", "b"]);
});

test("a section that cannot be decoded has no sites", () => {
  const whole = [...STRINGS, 1, 1, 5, 0, 0, 0, 0, 0];
  assert.equal(readSites(withSections(whole)).length, 1);
  for (let length = 0; length < whole.length; length += 1) {
    assert.deepEqual(readSites(withSections(whole.slice(0, length))), [], `${length} bytes`);
  }
  assert.deepEqual(readSites(withSections([2, ...whole.slice(1)])), []);
  assert.deepEqual(readSites(withSections([1, ...FFFFFFFF])), []);
  assert.deepEqual(readSites(withSections([1, 0, ...FFFFFFFF])), []);
  assert.deepEqual(readSites(withSections([1, 0xff, 0xff, 0xff, 0xff, 0x1f])), []);
  assert.deepEqual(readSites(withSections([1, 1, 1, 0xff, 1, 0, 5, 0, 0, 0, 0, 0])), []);
  const tooLarge = [0xff, 0xff, 0xff, 0xff, 0x1f];
  assert.deepEqual(readSites(withSections([...STRINGS, 1, 1, ...tooLarge, 0, 0, 0, 0, 0])), []);
  assert.deepEqual(readSites(new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))), []);
});

test("a failed call of the host is reported with its site", async () => {
  const text = `(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "wasi.fd_write" (func $write (param i32 i64) (result i32)))
  (func $main (export "main") (result i32)
    (call $write (i32.const 7) (call $allocate (call $new) (i32.const 4)))))`;
  const seen = [];
  const imports = { wasi_snapshot_preview1: { fd_write: () => 8 } };
  const options = { onErrno: (errno, site) => seen.push(`${errno} ${site.intrinsic} ${site}`) };
  const { exports } = await load(text, ["--on-violation", "report"], imports, options);
  assert.equal(exports.main(), -8);
  assert.deepEqual(seen, ["8 wasi.fd_write at standard input:6, in $main"]);
});

test("instantiate takes bytes, modules, responses and promises, and finds the memory", async () => {
  const bytes = await link(program("i64"), ...TRUST);
  const module = await WebAssembly.compile(bytes);
  const response = () => new Response(bytes);
  for (const source of [bytes, module, response(), Promise.resolve(response()), Promise.resolve(bytes)]) {
    const { memory, exports } = await instantiate(source);
    assert.equal(memory.wasm, exports.memory);
  }
  await assert.rejects(instantiate(new Response("", { status: 404, statusText: "Not Found" })), {
    message: /^the module cannot be fetched from .*: 404 Not Found$/,
  });
  const wasm = new WebAssembly.Memory({ initial: 1 });
  const importing = await link('(module (import "js" "mem" (memory 1)))');
  assert.equal((await instantiate(importing, { js: { mem: wasm } })).memory.wasm, wasm);
  const other = new WebAssembly.Memory({ initial: 1 });
  assert.equal((await instantiate(bytes, {}, { memory: other })).memory.wasm, other);
  assert.equal((await instantiate(await link("(module)"))).memory, undefined);
});
