import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundsError, Memory } from "../linmem.mjs";

const segment = (bytes = 64, address = 1024) => new Memory(new WebAssembly.Memory({ initial: 1 })).segment(address, bytes);

test("accesses are little-endian and unaligned", () => {
  const memory = segment();
  memory.setInt(1, 0x04030201);
  assert.deepEqual([...memory.toArray(Uint8Array, 0, 6)], [0, 1, 2, 3, 4, 0]);
  assert.equal(memory.getInt(1), 0x04030201);
  assert.equal(memory.memory.bytes()[1025], 1);
});

test("each type has its range", () => {
  const memory = segment();
  memory.setByte(0, 0xff);
  assert.equal(memory.getByte(0), -1);
  assert.equal(memory.getUByte(0), 255);
  memory.setShort(0, -2);
  assert.equal(memory.getShort(0), -2);
  assert.equal(memory.getUShort(0), 0xfffe);
  memory.setInt(0, 0xffff_fffd);
  assert.equal(memory.getInt(0), -3);
  assert.equal(memory.getUInt(0), 0xffff_fffd);
  memory.setLong(0, -4n);
  assert.equal(memory.getLong(0), -4n);
  assert.equal(memory.getULong(0), 2n ** 64n - 4n);
  memory.setLong(0, 5);
  assert.equal(memory.getLong(0), 5n);
  memory.setFloat(0, 0.1);
  assert.equal(memory.getFloat(0), Math.fround(0.1));
  memory.setDouble(0, 0.1);
  assert.equal(memory.getDouble(0), 0.1);
});

test("accesses outside of the segment name their numbers, and write nothing", () => {
  const memory = segment(16);
  const outside = (access, text) => assert.throws(access, { name: "BoundsError", message: text });
  outside(() => memory.getInt(13), "bytes 13..17 of a segment of 16 bytes");
  outside(() => memory.setInt(13, -1), "bytes 13..17 of a segment of 16 bytes");
  outside(() => memory.getByte(-1), "bytes -1..0 of a segment of 16 bytes");
  outside(() => segment(1).getShort(0), "bytes 0..2 of a segment of 1 byte");
  outside(() => memory.slice(8, 9), "bytes 8..17 of a segment of 16 bytes");
  outside(() => memory.slice(17), "offset 17 of a segment of 16 bytes");
  outside(() => memory.slice(17, 0), "offset 17 of a segment of 16 bytes");
  outside(() => memory.slice(-1), "offset -1 of a segment of 16 bytes");
  outside(() => memory.slice(8, -4), "-4 bytes from offset 8 of a segment of 16 bytes");
  outside(() => memory.getUtf8(17), "offset 17 of a segment of 16 bytes");
  outside(() => memory.getUtf16(18), "offset 18 of a segment of 16 bytes");
  outside(() => memory.toArray(Int32Array, 20), "offset 20 of a segment of 16 bytes");
  outside(() => memory.view(Int32Array, 20), "offset 20 of a segment of 16 bytes");
  outside(() => memory.fill(1, 16, 255), "bytes 1..17 of a segment of 16 bytes");
  outside(() => memory.setUtf8(0, "seventeen letters"), "bytes 0..17 of a segment of 16 bytes");
  outside(() => memory.copyFromArray(8, new Float64Array(2)), "bytes 8..24 of a segment of 16 bytes");
  outside(() => memory.copy(1, segment(32), 0, 16), "bytes 1..17 of a segment of 16 bytes");
  outside(() => memory.toArray(Int32Array, 4, 4), "bytes 4..20 of a segment of 16 bytes");
  outside(() => memory.view(Int32Array).get(4), "bytes 16..20 of a segment of 16 bytes");
  assert.throws(() => memory.getInt(2 ** 53), BoundsError);
  assert.deepEqual(memory.toArray(Uint8Array), new Uint8Array(16));
  assert.deepEqual(memory.memory.bytes().filter((byte) => byte !== 0).length, 0);
});

test("offsets are integers", () => {
  for (const [offset, message] of [
    [0.5, "the offset 0.5 is not an integer"],
    [NaN, "the offset NaN is not an integer"],
    ["0", "the offset is a string, not a number"],
    [0n, "the offset is a bigint, not a number"],
    [undefined, "the offset is undefined, not a number"],
    [null, "the offset is null, not a number"],
    [[0], "the offset is an object, not a number"],
    [Symbol("0"), "the offset is a symbol, not a number"],
  ]) {
    assert.throws(() => segment().getInt(offset), { name: "TypeError", message });
    assert.throws(() => segment().slice(offset), offset === undefined ? TypeError : { name: "TypeError", message });
  }
  assert.throws(() => segment().slice(0, 1.5), { message: "the number of bytes 1.5 is not an integer" });
});

test("segments of a program are inside of the memory", () => {
  const memory = new Memory(new WebAssembly.Memory({ initial: 1 }));
  assert.equal(memory.segment(65536, 0).size, 0);
  assert.throws(() => memory.segment(65533, 4), {
    name: "RangeError",
    message: "the addresses 65533..65537 are outside of the memory, which has 65536 bytes",
  });
  assert.throws(() => memory.segment(-4, 4), /the addresses 4294967292\.\.4294967296 are outside/);
  assert.throws(() => memory.segment(0, -1), /the addresses 0\.\.4294967295 are outside/);
  assert.throws(() => memory.segment(-1, -1), /outside/);
  assert.throws(() => memory.segment(-(2 ** 31) - 1, 0), { message: "the address -2147483649 is out of range" });
  assert.throws(() => memory.segment(1.5, 0), { message: "the address 1.5 is not an integer" });
  assert.throws(() => memory.segment(undefined, 0), TypeError);
  assert.throws(() => memory.unpack(-1n), /the addresses 4294967295\.\.8589934590 are outside/);
  const packed = memory.unpack((24n << 32n) | 8n);
  assert.deepEqual([packed.address, packed.size, packed.packed], [8, 24, (24n << 32n) | 8n]);
});

test("an address above 2 GiB arrives as a negative number", () => {
  // The memory is not allocated: only its size matters.
  const wasm = new WebAssembly.Memory({ initial: 1 });
  Object.defineProperty(wasm, "buffer", { value: { byteLength: 2 ** 32 } });
  const found = new Memory(wasm).segment(-(2 ** 31), 2 ** 31 - 1);
  assert.deepEqual([found.address, found.size], [2 ** 31, 2 ** 31 - 1]);
  assert.equal(new Memory(wasm).unpack(BigInt.asIntN(64, (0x8000_0000n << 32n) | 8n)).size, 2 ** 31);
});

test("slices share memory, and nest", () => {
  const outer = segment(32);
  const inner = outer.slice(8, 16).slice(4);
  assert.deepEqual([inner.address, inner.size], [1024 + 12, 12]);
  inner.setInt(0, 7);
  assert.equal(outer.getInt(12), 7);
  assert.throws(() => inner.getInt(12), BoundsError);
  assert.equal(outer.slice(32).size, 0);
});

test("fill and copy", () => {
  const memory = segment(8);
  memory.fill(0, 8, 1);
  memory.fill(2, 2, 0x1ff);
  assert.deepEqual([...memory.toArray(Uint8Array)], [1, 1, 255, 255, 1, 1, 1, 1]);
  for (let index = 0; index < 8; index += 1) {
    memory.setByte(index, index);
  }
  memory.copy(2, memory, 0, 6);
  assert.deepEqual([...memory.toArray(Uint8Array)], [0, 1, 0, 1, 2, 3, 4, 5]);
  memory.copy(0, memory, 2, 6);
  assert.deepEqual([...memory.toArray(Uint8Array)], [0, 1, 2, 3, 4, 5, 4, 5]);
  const other = segment(8);
  other.copy(1, memory, 4, 3);
  assert.deepEqual([...other.toArray(Uint8Array)], [0, 4, 5, 4, 0, 0, 0, 0]);
  memory.fill(8, 0, 1);
});

test("arrays are copied in and out", () => {
  const memory = segment(33, 1025);
  const numbers = Float64Array.of(1.5, -2.5, 3.5, 4.5);
  memory.copyFromArray(1, numbers);
  assert.deepEqual(memory.toArray(Float64Array, 1), numbers);
  assert.deepEqual(memory.toArray(Float64Array, 9, 2), Float64Array.of(-2.5, 3.5));
  const target = new Float64Array(4);
  memory.copyToArray(9, target, 1, 2);
  assert.deepEqual(target, Float64Array.of(0, -2.5, 3.5, 0));
  memory.copyFromArray(0, Int16Array.of(1, 2, 3, 4).subarray(1), 1);
  assert.deepEqual([...memory.toArray(Uint8Array, 0, 5)], [3, 0, 4, 0, memory.getUByte(4)]);
  memory.copyFromArray(0, Uint8Array.of(9, 8).buffer);
  assert.equal(memory.getUShort(0), 0x0809);
  memory.copyFromArray(0, BigInt64Array.of(-1n));
  assert.equal(memory.getLong(0), -1n);
  const out = new ArrayBuffer(2);
  memory.copyToArray(0, out);
  assert.deepEqual(new Uint8Array(out), Uint8Array.of(255, 255));
  assert.throws(() => memory.copyFromArray(0, numbers, 3, 2), { message: "elements 3..5 of an array of 4" });
  assert.throws(() => memory.copyToArray(0, numbers, -1), { message: "elements -1..4 of an array of 4" });
  assert.throws(() => memory.copyFromArray(0, [1, 2]), TypeError);
});

test("UTF-8 replaces lone surrogates and ill-formed bytes, and keeps the byte order mark", () => {
  const memory = segment(64);
  assert.equal(memory.setUtf8(0, "\uFEFFgrüße, 🦀\0"), 17);
  assert.equal(memory.getUtf8(0, 17), "\uFEFFgrüße, 🦀\0");
  assert.equal(memory.setUtf8(0, "a\uD800b"), 5);
  assert.equal(memory.getUtf8(0, 5), "a\uFFFDb");
  memory.setByte(0, 0x80);
  assert.equal(memory.getUtf8(0, 1), "\uFFFD");
  assert.equal(segment(0).getUtf8(), "");
});

test("UTF-16 keeps lone surrogates, at odd addresses, too", () => {
  const text = "\uDC00🦀\uD800\uFEFF\0";
  for (const offset of [0, 1]) {
    const memory = segment(64, 1024);
    assert.equal(memory.setUtf16(offset, text), 12);
    assert.equal(memory.getUtf16(offset, 12), text);
    assert.equal(memory.getUShort(offset), 0xdc00);
  }
  assert.throws(() => segment(5).getUtf16(), { message: "UTF-16 has an even number of bytes, not 5" });
  // More code units than an engine takes as arguments of one call.
  const long = "\uD800x".repeat(250_001);
  const memory = new Memory(new WebAssembly.Memory({ initial: 16 })).segment(0, 16 * 65536);
  assert.equal(memory.getUtf16(0, memory.setUtf16(0, long)), long);
});

test("views stay valid when the memory grows", () => {
  const memory = segment(32);
  const view = memory.view(Float64Array, 8);
  assert.equal(view.length, 3);
  view.set(0, 1.5);
  const { array } = view;
  assert.equal(array[0], 1.5);
  memory.memory.wasm.grow(1);
  assert.equal(array.length, 0);
  assert.equal(view.get(0), 1.5);
  view.set(1, 2.5);
  assert.deepEqual([...view], [1.5, 2.5, 0]);
  assert.deepEqual(view.array, Float64Array.of(1.5, 2.5, 0));
  assert.equal(memory.getDouble(16), 2.5);
  assert.deepEqual(memory.memory.size, 2 * 65536);
  assert.throws(() => view.get(3), BoundsError);
  assert.throws(() => view.get(0.5), { message: "the index 0.5 is not an integer" });
  assert.throws(() => segment(8, 1025).view(Float64Array).array, {
    message: "the address 1025 is not a multiple of 8, as Float64Array requires",
  });
  segment(8, 1025).view(Float64Array).set(0, 1);
  assert.throws(() => memory.view(DataView), TypeError);
});

test("a view has the values of each type", () => {
  const types = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array];
  for (const Type of [...types, Float32Array, Float64Array, BigInt64Array, BigUint64Array]) {
    const memory = segment(16);
    memory.fill(0, 16, 0xfe);
    assert.deepEqual([...memory.view(Type)], [...memory.toArray(Type)], Type.name);
    const one = Type.name.startsWith("Big") ? 1n : 1;
    memory.view(Type).set(1, one);
    assert.equal(memory.toArray(Type)[1], one, Type.name);
  }
});

test("shared memories work alike", () => {
  const wasm = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  const memory = new Memory(wasm).segment(65536 - 64, 64);
  assert.equal(memory.setUtf8(0, "grüße"), 7);
  assert.equal(memory.getUtf8(0, 7), "grüße");
  assert.equal(memory.setUtf16(8, "\uD800"), 2);
  assert.equal(memory.getUtf16(8, 2), "\uD800");
  assert.equal(Atomics.add(memory.view(Int32Array, 16).array, 0, 5), 0);
  assert.equal(memory.getInt(16), 5);
  assert.equal(memory.toArray(Uint8Array).buffer instanceof ArrayBuffer, true);
  memory.copy(1, memory, 0, 7);
  assert.equal(memory.getUtf8(1, 7), "grüße");
  wasm.grow(1);
  assert.equal(memory.getInt(16), 5);
  const behind = memory.memory.segment(65536, 4);
  behind.setInt(0, 6);
  assert.equal(memory.memory.segment(65536, 4).getInt(0), 6);
});
