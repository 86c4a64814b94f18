import assert from "node:assert/strict";
import { test } from "node:test";
import { Memory } from "../linmem.mjs";
import { load, NEEDS_MEMORIES, needsReferences, program, TRUST } from "../testing.mjs";

const EXPORT = ["--export-allocator", ...TRUST];
const REPRESENTATIONS = ["i32", "i64", "anyref"];

const levels = (seg) => (seg === "i32" ? ["none"] : ["none", "spatial", "temporal"]);

for (const seg of REPRESENTATIONS) {
  for (const safety of levels(seg)) {
    test(`the program reads what the host wrote, with ${seg} at ${safety}`, needsReferences(seg), async () => {
      const { memory, exports } = await load(program(seg), [...EXPORT, "--safety", safety]);
      const result = memory.withRegion((region) => {
        const segment = region.allocate(16);
        assert.equal(segment.size, 16);
        assert.equal(segment.address % 8, 0);
        segment.setInt(0, 21);
        exports.double(segment.value);
        assert.equal(exports.get(segment.value, 0), 42);
        return segment.getInt(0);
      });
      assert.equal(result, 42);
    });
  }
}

for (const seg of ["i64", "anyref"]) {
  test(`segments of the program have their address and size, with ${seg}`, needsReferences(seg), async () => {
    const { memory, exports } = await load(program(seg), EXPORT);
    const region = exports.open();
    const segment = memory.segmentOf(exports.make(region, 24));
    assert.equal(segment.size, 24);
    segment.setInt(0, 4);
    exports.double(segment.value);
    assert.equal(segment.getInt(0), 8);
    if (seg === "i64") {
      assert.equal(memory.unpack(segment.value).address, segment.address);
      assert.equal(exports.get(segment.slice(0, 4).packed, 0), 8);
    }
    assert.throws(() => segment.slice(0).value, /does not come from the program/);
    exports.close(region);
  });
}

test("references that are not segments are refused by the program", needsReferences("anyref"), async () => {
  const { memory } = await load(program("anyref"), EXPORT);
  assert.throws(() => memory.segmentOf({}), WebAssembly.RuntimeError);
  assert.throws(() => memory.segmentOf(null), WebAssembly.RuntimeError);
});

test("a region closes when the callback throws", async () => {
  const { memory } = await load(program("i64"), [...EXPORT, "--safety", "temporal"]);
  let kept;
  const error = new Error("mine");
  assert.throws(
    () =>
      memory.withRegion((region) => {
        kept = region;
        throw error;
      }),
    (thrown) => thrown === error,
  );
  assert.equal(kept.isOpen, false);
  assert.throws(() => kept.allocate(8), { message: "the region is closed" });
  assert.throws(() => kept.close(), { message: "the region is already closed" });
});

test("memory is reused after a region closes", async () => {
  const { memory } = await load(program("i64"), EXPORT);
  const addresses = [1, 2, 3].map(() => memory.withRegion((region) => region.allocate(64).address));
  assert.equal(new Set(addresses).size, 1);
});

test("a region stays open until a promise is settled", async () => {
  const { memory } = await load(program("i64"), [...EXPORT, "--safety", "temporal"]);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
  let kept;
  const result = await memory.withRegion(async (region) => {
    kept = region;
    const segment = region.allocate(8);
    await pause();
    segment.setInt(0, 3);
    return segment.getInt(0);
  });
  assert.equal(result, 3);
  assert.equal(kept.isOpen, false);
  const rejected = memory.withRegion(async (region) => {
    kept = region;
    await pause();
    throw new Error("later");
  });
  assert.equal(kept.isOpen, true);
  await assert.rejects(rejected, { message: "later" });
  assert.equal(kept.isOpen, false);
});

test("segments of a closed region are freed", async () => {
  const { memory } = await load(program("i64"), EXPORT);
  const segment = memory.withRegion((region) => region.allocate(8));
  assert.equal(segment.isLive, false);
  const freed = { message: `the segment of 8 bytes at address ${segment.address} was freed: its region is closed` };
  assert.throws(() => segment.getInt(0), freed);
  assert.throws(() => segment.slice(0, 4), freed);
  assert.throws(() => segment.setUtf8(0, ""), freed);
  assert.throws(() => segment.value, freed);
  assert.throws(() => segment.packed, freed);
  const view = memory.withRegion((region) => region.allocate(8).view(Int32Array));
  assert.throws(() => view.get(0), /was freed/);
  assert.throws(() => view.array, /was freed/);
});

test("regions nest, with those of the program, too", async () => {
  const { memory, exports } = await load(program("i64"), [...EXPORT, "--safety", "temporal"]);
  memory.withRegion((outer) => {
    const first = outer.allocate(8);
    first.setInt(0, 1);
    memory.withRegion((inner) => {
      const region = exports.open();
      exports.close(region);
      inner.allocate(8).setInt(0, 2);
      assert.throws(() => outer.allocate(8), {
        message: "the region is not the innermost one: 1 region opened in it is still open",
      });
    });
    assert.equal(first.getInt(0), 1);
    outer.allocate(8);
  });
});

test("a region that is closed before those inside it waits for them", async () => {
  for (const safety of ["none", "temporal"]) {
    const { memory } = await load(program("i64"), [...EXPORT, "--safety", safety]);
    const start = memory.withRegion((region) => region.allocate(8).address);
    const [outer, middle, inner] = [memory.openRegion(), memory.openRegion(), memory.openRegion()];
    const segment = inner.allocate(8);
    segment.setInt(0, 9);
    outer.close();
    middle.close();
    assert.equal(segment.getInt(0), 9);
    inner.allocate(8);
    inner.close();
    assert.equal(memory.withRegion((region) => region.allocate(8).address), start, safety);
  }
});

test("asynchronous regions that overlap end without a violation", async () => {
  const { memory } = await load(program("i64"), [...EXPORT, "--safety", "temporal"]);
  const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
  const use = (time) =>
    memory.withRegion(async (region) => {
      const segment = region.allocate(8);
      segment.setInt(0, time);
      await wait(time);
      return segment.getInt(0);
    });
  assert.deepEqual(await Promise.all([use(1), use(20), use(10)]), [1, 20, 10]);
  memory.withRegion((region) => region.allocate(8));
});

test("with outermost, any region allocates and closes", async () => {
  const options = [...EXPORT, "--safety", "temporal", "--nesting", "outermost"];
  const { memory } = await load(program("i64"), options, {}, { nesting: "outermost" });
  const [first, second] = [memory.openRegion(), memory.openRegion()];
  const segment = first.allocate(8);
  second.allocate(8);
  second.close();
  segment.setInt(0, 1);
  first.allocate(8);
  first.close();
  assert.equal(segment.isLive, false);
});

test("regions are closed in the order that the policy allows", () => {
  for (const [nesting, expected] of [["stack", [3, 2, 1]], ["outermost", [1, 2, 3]]]) {
    const closed = [];
    let handle = 0;
    const exports = { linmem_open: () => (handle += 1), linmem_close: (region) => closed.push(region) };
    const memory = new Memory(new WebAssembly.Memory({ initial: 1 }), exports, { nesting });
    const regions = [memory.openRegion(), memory.openRegion(), memory.openRegion()];
    regions.forEach((region) => region.close());
    assert.deepEqual(closed, expected, nesting);
  }
});

test("with forbid, regions do not nest", async () => {
  const options = [...EXPORT, "--safety", "temporal", "--nesting", "forbid"];
  const { memory } = await load(program("i64"), options, {}, { nesting: "forbid" });
  memory.withRegion(() => {
    assert.throws(() => memory.openRegion(), { message: "a region is open, and regions must not nest" });
  });
  memory.withRegion((region) => region.allocate(8));
  assert.throws(() => new Memory(memory.wasm, {}, { nesting: "any" }), RangeError);
});

test("an allocation grows the memory, and earlier segments stay valid", async () => {
  const { memory, exports } = await load(program("i64"), EXPORT);
  memory.withRegion((region) => {
    const first = region.allocate(8);
    first.setInt(0, 5);
    const large = region.allocate(300_000);
    large.setInt(299_996, 6);
    assert.equal(first.getInt(0), 5);
    exports.grow(3);
    assert.equal(large.getInt(299_996), 6);
    first.setInt(0, 7);
    assert.equal(exports.get(first.value, 0), 7);
  });
});

test("alignments are checked and respected", async () => {
  const { memory } = await load(program("i64"), EXPORT);
  memory.withRegion((region) => {
    for (const alignment of [1, 2, 64, 65536]) {
      region.allocate(3, 1);
      assert.equal(region.allocate(8, alignment).address % alignment, 0);
    }
    for (const alignment of [0, 3, -8, 131072, 1.5, undefined === 1]) {
      assert.throws(() => region.allocate(8, alignment), {
        message: `the alignment ${alignment} is not a power of two up to 65536`,
      });
    }
    for (const bytes of [-1, 2 ** 32]) {
      assert.throws(() => region.allocate(bytes), { message: `cannot allocate ${bytes} bytes` });
    }
    assert.throws(() => region.allocate(), { message: "the number of bytes is undefined, not a number" });
  });
});

test("a segment of no bytes can be allocated", async () => {
  const { memory } = await load(program("i64"), EXPORT);
  assert.equal(memory.withRegion((region) => region.allocate(0).size), 0);
});

for (const seg of REPRESENTATIONS) {
  test(`the null segment is an error, with ${seg}`, needsReferences(seg), async () => {
    const message = /^out of memory: cannot allocate 4294967295 bytes; the memory has \d+ bytes$/;
    for (const safety of levels(seg)) {
      const { memory } = await load(program(seg), [...EXPORT, "--oom", "null", "--safety", safety]);
      memory.withRegion((region) => {
        assert.throws(() => region.allocate(2 ** 32 - 1), { name: "RangeError", message });
        region.allocate(8);
      });
    }
  });
}

test("texts and arrays are allocated", async () => {
  const { memory } = await load(program("i64"), EXPORT);
  memory.withRegion((region) => {
    const text = region.allocateUtf8("grüße");
    assert.deepEqual([text.size, text.getUtf8()], [7, "grüße"]);
    const wide = region.allocateUtf16("a\uD800");
    assert.deepEqual([wide.size, wide.getUtf16()], [4, "a\uD800"]);
    const numbers = region.allocateArray(Float64Array.of(1, 2));
    assert.deepEqual(numbers.toArray(Float64Array), Float64Array.of(1, 2));
    assert.deepEqual(numbers.view(Float64Array).array, Float64Array.of(1, 2));
    assert.equal(region.allocateArray(new ArrayBuffer(3)).size, 3);
    assert.equal(region.allocateUtf8("").size, 0);
  });
});

test("an array in the memory itself is copied before the memory grows", async () => {
  const { memory } = await load(program("i64"), EXPORT);
  memory.withRegion((region) => {
    const large = region.allocate(60_000);
    large.fill(0, 60_000, 7);
    const copy = region.allocateArray(large.view(Uint8Array).array);
    assert.deepEqual(copy.toArray(Uint8Array), new Uint8Array(60_000).fill(7));
  });
});

test("an error of the program survives the close of its region", async () => {
  const { memory, exports } = await load(program("i64"), [...EXPORT, "--safety", "temporal"]);
  let first;
  const use = (region) => {
    // The program leaves its region open, so that the one of the host cannot be closed.
    exports.open();
    try {
      exports.trap(region.allocate(8).address);
    } catch (error) {
      first = error;
      throw error;
    }
  };
  assert.throws(() => memory.withRegion(use), (error) => error === first && error instanceof WebAssembly.RuntimeError);
  await assert.rejects(memory.withRegion(async (region) => use(region)), (error) => error === first);
});

test("Symbol.dispose closes a region once, where it exists", async () => {
  const { memory } = await load(program("i64"), EXPORT);
  const region = memory.openRegion();
  if (Symbol.dispose === undefined) {
    region.close();
    return;
  }
  region[Symbol.dispose]();
  assert.equal(region.isOpen, false);
  region[Symbol.dispose]();
});

test("a program without an allocator is told how to get one", async () => {
  const { memory } = await load(program("i64"), TRUST);
  assert.throws(() => memory.openRegion(), /does not export `linmem_open`: link it with --export-allocator/);
  assert.throws(() => memory.segmentOf(1n), /does not export `linmem_size`/);
});

test("zeroing applies to the regions of the host", async () => {
  const { memory } = await load(program("i64"), [...EXPORT, "--zero", "free"]);
  const address = memory.withRegion((region) => {
    const segment = region.allocate(64);
    segment.fill(0, 64, 255);
    return segment.address;
  });
  assert.deepEqual(memory.segment(address, 64).toArray(Uint8Array), new Uint8Array(64));
});

test("a program that lies about an address is not believed", () => {
  const wasm = new WebAssembly.Memory({ initial: 1 });
  let result = 0;
  const exports = { linmem_open: () => 1, linmem_close: () => {}, linmem_allocate: () => result };
  const memory = new Memory(wasm, exports);
  memory.withRegion((region) => {
    result = 65536;
    assert.throws(() => region.allocate(8), /the addresses 65536\.\.65544 are outside of the memory/);
    result = -8;
    assert.throws(() => region.allocate(8), /outside of the memory/);
    result = 12;
    assert.throws(() => region.allocate(8), { message: "the program allocated at the address 12, which is not a multiple of 8" });
    result = "8";
    assert.throws(() => region.allocate(8), TypeError);
    result = 8;
    assert.equal(region.allocate(8).address, 8);
  });
});

// A program with several memories, whose segments are in one of them.
const MEMORIES = `(module
  (import "linmem" "MemorySegment.getUByte" (func $getUByte (param i64 i32) (result i32)))
  (memory (export "memory") 1) (memory $seg (export "seg") 1) (memory (export "other") 1)
  (func (export "byte") (param i64) (result i32) (call $getUByte (local.get 0) (i32.const 0))))`;

test("the memory of segments is the one that the option names", NEEDS_MEMORIES, async () => {
  const linking = ["--export-allocator", "--memory", "seg", ...TRUST];
  const { memory, exports } = await load(MEMORIES, linking, {}, { memory: "seg" });
  assert.equal(memory.wasm, exports.seg);
  memory.withRegion((region) => {
    assert.equal(exports.byte(region.allocateUtf8("abc").value), "a".charCodeAt(0));
  });
});

test("the memory of segments is not guessed if there are several", NEEDS_MEMORIES, async () => {
  await assert.rejects(load(MEMORIES, ["--memory", "seg"]), {
    name: "TypeError",
    message:
      "the module has the memories `memory`, `seg`, `other`: the option `memory` says which one segments are in, by the " +
      "name of its export or by the memory itself",
  });
  const both = `(module (import "env" "memory" (memory 1)) (memory (export "memory") 1))`;
  const imports = { env: { memory: new WebAssembly.Memory({ initial: 1 }) } };
  await assert.rejects(load(both, [], imports), { message: /^the module has the memories `memory`, `env.memory`: / });
  assert.equal((await load(both, [], imports, { memory: imports.env.memory })).memory.wasm, imports.env.memory);
});

test("a memory that the module does not export is refused", async () => {
  const one = `(module (memory (export "memory") 1) (func (export "byte")))`;
  for (const name of ["missing", "byte", ""]) {
    await assert.rejects(load(one, [], {}, { memory: name }), {
      name: "TypeError",
      message: `the module exports no memory \`${name}\`; it exports \`memory\``,
    });
  }
  const none = load("(module)", [], {}, { memory: "memory" });
  await assert.rejects(none, { message: "the module exports no memory `memory`; it exports no memory" });
  await assert.rejects(load("(module)", [], {}, { memory: 0 }), { message: "the memory is not a WebAssembly.Memory" });
});

test("the only memory can have several names, and a module can have none", async () => {
  const text = `(module (import "env" "memory" (memory 1)) (export "a" (memory 0)) (export "b" (memory 0)))`;
  const imports = { env: { memory: new WebAssembly.Memory({ initial: 1 }) } };
  assert.equal((await load(text, [], imports)).memory.wasm, imports.env.memory);
  assert.equal((await load("(module)")).memory, undefined);
});

const HOLDS = `(module
  (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
  (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
  (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
  (import "linmem" "MemorySegment.fill" (func $fill (param i64 i32 i32 i32)))
  (func (export "open") (param $bytes i32) (result i32) (local $region i32)
    (local.set $region (call $new))
    (call $fill (call $allocate (local.get $region) (local.get $bytes)) (i32.const 0) (local.get $bytes) (i32.const 7))
    (local.get $region))
  (func (export "close") (param i32) (call $free (local.get 0))))`;

// The largest number of consecutive bytes that are 7. Single ones can be anywhere, as in tokens.
function sevens(memory) {
  let [longest, length] = [0, 0];
  for (const byte of memory.bytes()) {
    length = byte === 7 ? length + 1 : 0;
    longest = Math.max(longest, length);
  }
  return longest;
}

for (const safety of ["none", "spatial", "temporal"]) {
  test(`a region stays while one of the program is open inside, at ${safety}`, async () => {
    const { memory, exports } = await load(HOLDS, [...EXPORT, "--safety", safety, "--zero", "free"]);
    const region = memory.openRegion();
    const { address } = region.allocate(24);
    const inside = exports.open(40);
    if (safety !== "temporal") {
      assert.throws(() => region.allocate(8), /not the innermost one: the program opened a region/);
    }
    assert.throws(() => region.close(), /the region is not closed: the program opened a region in it.*--nesting outermost/);
    assert.equal(region.isOpen, false);
    assert.equal(sevens(memory), 40);
    memory.withRegion((other) => assert.ok(other.allocate(8).address > address));
    exports.close(inside);
    assert.equal(memory.withRegion((next) => next.allocate(24).address), address);
    assert.ok(sevens(memory) < 8);
  });
}

for (const safety of ["none", "spatial"]) {
  test(`a region that the program freed is not used, at ${safety}`, async () => {
    const { memory, exports } = await load(HOLDS, [...EXPORT, "--safety", safety]);
    const outer = memory.openRegion();
    outer.allocate(8).setLong(0, 1n);
    const inside = exports.open(8);
    const region = memory.openRegion();
    const segment = region.allocate(24);
    exports.close(inside);
    const next = exports.open(72);
    assert.equal(segment.isLive, false);
    assert.equal(region.isOpen, false);
    assert.throws(() => segment.setInt(0, 1), /was freed/);
    assert.throws(() => segment.getInt(0), /was freed/);
    assert.throws(() => region.allocate(8), /the region was freed: the program closed/);
    assert.throws(() => region.close(), /the region was freed: the program closed/);
    assert.equal(sevens(memory), 72);
    exports.close(next);
    outer.close();
  });
}
