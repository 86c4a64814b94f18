// Segments of a memory: bounds are checked at every access, and none depends on a buffer that growing the memory detaches.

import { bytesOf, count } from "./numbers.mjs";
import { decodeUtf8, decodeUtf16, encodeUtf8, encodeUtf16 } from "./text.mjs";

if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
  throw new Error("typed arrays have the byte order of the machine, and linmem requires little-endian");
}

// An access outside of a segment.
export class BoundsError extends RangeError {
  constructor(offset, bytes, size) {
    super(`${range(offset, bytes)} of a segment of ${bytesOf(size)}`);
    this.name = "BoundsError";
    this.offset = offset;
    this.bytes = bytes;
    this.size = size;
  }
}

function range(offset, bytes) {
  if (bytes < 0) {
    return `${bytesOf(bytes)} from offset ${offset}`;
  }
  return bytes === 0 ? `offset ${offset}` : `bytes ${offset}..${offset + bytes}`;
}

// A contiguous part of a memory. Made by `Memory` and `Region`.
export class Segment {
  #memory;
  #owner;
  #value;

  // `owner` is the region that the segment belongs to, if the host opened it; `value` is the segment as the program has it.
  constructor(memory, address, size, owner, value) {
    this.#memory = memory;
    this.#owner = owner;
    this.#value = value;
    this.address = address;
    this.size = size;
    Object.freeze(this);
  }

  get memory() {
    return this.#memory;
  }

  // The segment as the functions of the program take it.
  get value() {
    this.#check();
    if (this.#value === undefined) {
      throw new Error("the segment does not come from the program; pass its address, or `packed` where segments are i64");
    }
    return this.#value;
  }

  // The segment as an `i64`: the address in the low 32 bits, the size in the high 32.
  get packed() {
    this.#check();
    return BigInt(this.address) | (BigInt(this.size) << 32n);
  }

  // Whether the region of the segment is open; always true for a segment that no region of the host owns.
  get isLive() {
    return this.#owner === undefined || this.#owner.isOpen;
  }

  getByte(offset) {
    return this.#view().getInt8(this.#at(offset, 1));
  }

  getUByte(offset) {
    return this.#view().getUint8(this.#at(offset, 1));
  }

  getShort(offset) {
    return this.#view().getInt16(this.#at(offset, 2), true);
  }

  getUShort(offset) {
    return this.#view().getUint16(this.#at(offset, 2), true);
  }

  getInt(offset) {
    return this.#view().getInt32(this.#at(offset, 4), true);
  }

  getUInt(offset) {
    return this.#view().getUint32(this.#at(offset, 4), true);
  }

  getLong(offset) {
    return this.#view().getBigInt64(this.#at(offset, 8), true);
  }

  getULong(offset) {
    return this.#view().getBigUint64(this.#at(offset, 8), true);
  }

  getFloat(offset) {
    return this.#view().getFloat32(this.#at(offset, 4), true);
  }

  getDouble(offset) {
    return this.#view().getFloat64(this.#at(offset, 8), true);
  }

  // The setters of integers keep the low bits of the value, like those of a program.
  setByte(offset, value) {
    this.#view().setInt8(this.#at(offset, 1), value);
  }

  setShort(offset, value) {
    this.#view().setInt16(this.#at(offset, 2), value, true);
  }

  setInt(offset, value) {
    this.#view().setInt32(this.#at(offset, 4), value, true);
  }

  setLong(offset, value) {
    this.#view().setBigInt64(this.#at(offset, 8), BigInt(value), true);
  }

  setFloat(offset, value) {
    this.#view().setFloat32(this.#at(offset, 4), value, true);
  }

  setDouble(offset, value) {
    this.#view().setFloat64(this.#at(offset, 8), value, true);
  }

  // A part of the segment, by default up to its end.
  slice(offset, bytes = this.#rest(offset)) {
    const start = this.#at(offset, bytes);
    return new Segment(this.#memory, start, bytes, this.#owner, undefined);
  }

  fill(offset, bytes, value) {
    const start = this.#at(offset, bytes);
    this.#memory.bytes().fill(value, start, start + bytes);
  }

  // Copies bytes into this segment. The two may overlap, and may be in different memories.
  copy(offset, from, fromOffset, bytes) {
    const target = this.#at(offset, bytes);
    const source = from.#at(fromOffset, bytes);
    if (from.#memory.wasm === this.#memory.wasm) {
      this.#memory.bytes().copyWithin(target, source, source + bytes);
    } else {
      this.#memory.bytes().set(from.#memory.bytes().subarray(source, source + bytes), target);
    }
  }

  // Copies elements of a typed array, or bytes of an `ArrayBuffer`, into the segment.
  copyFromArray(offset, array, index = 0, elements = undefined) {
    const source = part(array, index, elements);
    this.#memory.bytes().set(source, this.#at(offset, source.length));
  }

  // Copies bytes of the segment into a typed array, or an `ArrayBuffer`.
  copyToArray(offset, array, index = 0, elements = undefined) {
    const target = part(array, index, elements);
    const start = this.#at(offset, target.length);
    target.set(this.#memory.bytes().subarray(start, start + target.length));
  }

  // A new typed array with elements of the segment, by default as many as fit up to its end.
  toArray(Type, offset = 0, elements = this.#fitting(Type, offset)) {
    const start = this.#at(offset, count(elements, "number of elements") * Type.BYTES_PER_ELEMENT);
    const array = new Type(elements);
    bytesIn(array).set(this.#memory.bytes().subarray(start, start + array.byteLength));
    return array;
  }

  // The elements of a part of the segment, in place.
  view(Type, offset = 0, elements = this.#fitting(Type, offset)) {
    return new View(Type, this.slice(offset, count(elements, "number of elements") * Type.BYTES_PER_ELEMENT));
  }

  // Writes a text, and returns the number of its bytes. Nothing is written if it does not fit.
  setUtf8(offset, text) {
    return this.#write(offset, encodeUtf8(text));
  }

  getUtf8(offset = 0, bytes = this.#rest(offset)) {
    return decodeUtf8(this.toArray(Uint8Array, offset, bytes));
  }

  setUtf16(offset, text) {
    return this.#write(offset, encodeUtf16(text));
  }

  getUtf16(offset = 0, bytes = this.#rest(offset)) {
    if (bytes % 2 !== 0) {
      throw new RangeError(`UTF-16 has an even number of bytes, not ${bytes}`);
    }
    return decodeUtf16(this.toArray(Uint8Array, offset, bytes));
  }

  #write(offset, bytes) {
    this.copyFromArray(offset, bytes);
    return bytes.length;
  }

  #fitting(Type, offset) {
    return Math.floor(this.#rest(offset) / Type.BYTES_PER_ELEMENT);
  }

  // The number of bytes from an offset to the end.
  #rest(offset) {
    this.#at(offset, 0);
    return this.size - offset;
  }

  #view() {
    return this.#memory.view();
  }

  // The address of an access, after its checks.
  #at(offset, bytes) {
    count(offset, "offset");
    count(bytes, "number of bytes");
    if (offset < 0 || bytes < 0 || offset + bytes > this.size) {
      throw new BoundsError(offset, bytes, this.size);
    }
    this.#check();
    return this.address + offset;
  }

  #check() {
    if (!this.isLive) {
      throw new Error(`the segment of ${bytesOf(this.size)} at address ${this.address} was freed: its region is closed`);
    }
  }
}

// The elements of a segment. Unlike a typed array, it stays valid when the memory grows, and its elements need no alignment.
export class View {
  #segment;
  #Type;
  #get;
  #set;

  constructor(Type, segment) {
    const kind = Type.name.replace(/Array$/, "").replace("Uint8Clamped", "Uint8");
    this.#Type = Type;
    this.#segment = segment;
    this.#get = DataView.prototype[`get${kind}`];
    this.#set = DataView.prototype[`set${kind}`];
    if (this.#get === undefined) {
      throw new TypeError(`${Type.name} is not a type of typed arrays`);
    }
  }

  get length() {
    return this.#segment.size / this.#Type.BYTES_PER_ELEMENT;
  }

  // The element at an index; an index out of bounds is an error.
  get(index) {
    return this.#get.call(this.#segment.memory.view(), this.#address(index), true);
  }

  set(index, value) {
    this.#set.call(this.#segment.memory.view(), this.#address(index), value, true);
  }

  // A typed array over the elements, for `Atomics` and for other interfaces that require one. It is invalid as soon as the
  // memory grows or the segment is freed: request it again after each call of the program.
  get array() {
    const { address } = this.#segment.slice(0);
    const { BYTES_PER_ELEMENT, name } = this.#Type;
    if (address % BYTES_PER_ELEMENT !== 0) {
      throw new RangeError(`the address ${address} is not a multiple of ${BYTES_PER_ELEMENT}, as ${name} requires`);
    }
    return new this.#Type(this.#segment.memory.wasm.buffer, address, this.length);
  }

  *[Symbol.iterator]() {
    for (let index = 0; index < this.length; index += 1) {
      yield this.get(index);
    }
  }

  #address(index) {
    const bytes = this.#Type.BYTES_PER_ELEMENT;
    return this.#segment.slice(count(index, "index") * bytes, bytes).address;
  }
}

// The bytes of a typed array or of an `ArrayBuffer`.
export function bytesIn(array) {
  if (ArrayBuffer.isView(array)) {
    return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  }
  return new Uint8Array(array);
}

// The bytes of some elements of a typed array, or of some bytes of an `ArrayBuffer`.
function part(array, index, elements) {
  const isBuffer = array instanceof ArrayBuffer || (globalThis.SharedArrayBuffer && array instanceof SharedArrayBuffer);
  if (!isBuffer && !ArrayBuffer.isView(array)) {
    throw new TypeError("the array is neither a typed array nor an ArrayBuffer");
  }
  const size = array.BYTES_PER_ELEMENT ?? 1;
  const length = array.byteLength / size;
  const copied = elements ?? length - index;
  if (count(index, "index") < 0 || count(copied, "number of elements") < 0 || index + copied > length) {
    throw new RangeError(`elements ${index}..${index + copied} of an array of ${length}`);
  }
  return bytesIn(array).subarray(index * size, (index + copied) * size);
}
