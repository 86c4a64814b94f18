// A memory of a program, and the regions that the host opens in it. What is open is recorded here, not in the memory, which
// the program can overwrite.

import { bytesOf, count, unsigned } from "./numbers.mjs";
import { bytesIn, Segment } from "./segment.mjs";
import { encodeUtf8, encodeUtf16 } from "./text.mjs";

const NESTINGS = ["stack", "outermost", "forbid"];

// A memory. Its buffer is never kept: a call of the program can grow the memory, which detaches the buffer.
export class Memory {
  #wasm;
  #exports;
  #nesting;
  #view;
  #bytes;
  // The regions that the program has not closed yet, the outermost first.
  #open = [];

  // `exports` are those of an instance that uses the memory; regions and segments of the program require them.
  constructor(wasm, exports = {}, { nesting = "stack" } = {}) {
    if (!(wasm instanceof WebAssembly.Memory)) {
      throw new TypeError("the memory is not a WebAssembly.Memory");
    }
    if (!NESTINGS.includes(nesting)) {
      throw new RangeError(`\`${nesting}\` is not a nesting policy; expected one of ${NESTINGS.join(", ")}`);
    }
    this.#wasm = wasm;
    this.#exports = exports;
    this.#nesting = nesting;
  }

  get wasm() {
    return this.#wasm;
  }

  // The current size in bytes.
  get size() {
    return this.#wasm.buffer.byteLength;
  }

  // A view of the whole memory, valid until the program runs again.
  view() {
    const { buffer } = this.#wasm;
    if (this.#view?.buffer !== buffer) {
      this.#view = new DataView(buffer);
    }
    return this.#view;
  }

  // The bytes of the whole memory, valid until the program runs again.
  bytes() {
    const { buffer } = this.#wasm;
    if (this.#bytes?.buffer !== buffer) {
      this.#bytes = new Uint8Array(buffer);
    }
    return this.#bytes;
  }

  // A segment over an address and a size, such as the results of a function of the program. Both can be signed.
  segment(address, size) {
    return this.#checked(unsigned(address, "address"), unsigned(size, "size"), undefined, undefined);
  }

  // A segment that a function of the program returned as an `i64`.
  unpack(packed) {
    const bits = BigInt.asUintN(64, packed);
    return this.#checked(Number(bits & 0xffff_ffffn), Number(bits >> 32n), undefined, packed);
  }

  // A segment that a function of the program returned, as an `i64` or as a reference. Requires `--export-allocator`.
  segmentOf(value) {
    const size = this.#function("linmem_size", "segments that carry their size")(value);
    return this.#checked(this.#addressOf(value), unsigned(size, "size"), undefined, value);
  }

  // Opens a region, which the caller must close.
  openRegion() {
    const open = this.#function("linmem_open");
    if (this.#nesting === "forbid" && this.#open.length > 0) {
      throw new Error("a region is open, and regions must not nest");
    }
    const handle = open();
    const region = new Region({
      allocate: (bytes, alignment) => this.#allocate(region, handle, bytes, alignment),
      close: () => this.#close(region),
    });
    this.#open.push({ region, handle });
    return region;
  }

  // Opens a region for a callback. It is closed when the callback returns or throws; if the callback returns a promise, when
  // the promise is settled.
  withRegion(callback) {
    const region = this.openRegion();
    let result;
    try {
      result = callback(region);
    } catch (error) {
      closeAfter(region);
      throw error;
    }
    if (typeof result?.then === "function") {
      return Promise.resolve(result).then(
        (value) => {
          region[DISPOSE]();
          return value;
        },
        (error) => {
          closeAfter(region);
          throw error;
        },
      );
    }
    region[DISPOSE]();
    return result;
  }

  #allocate(region, handle, bytes, alignment) {
    const allocate = this.#function("linmem_allocate");
    if (count(bytes, "number of bytes") < 0 || bytes > 0xffff_ffff) {
      throw new RangeError(`cannot allocate ${bytes} bytes`);
    }
    if (!isAlignment(alignment)) {
      throw new RangeError(`the alignment ${alignment} is not a power of two up to 65536`);
    }
    const inside = this.#open.length - 1 - this.#open.findIndex((other) => other.region === region);
    if (this.#nesting !== "outermost" && inside > 0) {
      const regions = inside === 1 ? "1 region opened in it is" : `${inside} regions opened in it are`;
      throw new Error(`the region is not the innermost one: ${regions} still open`);
    }
    const value = allocate(handle, bytes, alignment);
    const address = this.#addressOf(value);
    if (address === 0) {
      throw new RangeError(`out of memory: cannot allocate ${bytesOf(bytes)}; the memory has ${bytesOf(this.size)}`);
    }
    if (address % alignment !== 0) {
      throw new Error(`the program allocated at the address ${address}, which is not a multiple of ${alignment}`);
    }
    return this.#checked(address, bytes, region, value);
  }

  // With `stack`, closing a region closes those inside it, so that one is closed only when it is the innermost one. Until then,
  // a region that its owner has closed waits.
  #close(region) {
    const close = this.#function("linmem_close");
    if (this.#nesting === "outermost") {
      const position = this.#open.findIndex((other) => other.region === region);
      const [{ handle }] = this.#open.splice(position, 1);
      close(handle);
      return;
    }
    while (this.#open.length > 0 && !this.#open.at(-1).region.isOpen) {
      close(this.#open.pop().handle);
    }
  }

  // The address of a segment in the form that the program has it.
  #addressOf(value) {
    const address = this.#exports.linmem_address;
    return unsigned(address === undefined ? value : address(value), "address");
  }

  // A segment, after checks that do not trust the program.
  #checked(address, size, region, value) {
    if (address + size > this.size) {
      const range = `${address}..${address + size}`;
      throw new RangeError(`the addresses ${range} are outside of the memory, which has ${bytesOf(this.size)}`);
    }
    return new Segment(this, address, size, region, value);
  }

  #function(name, what = "an exported allocator") {
    const found = this.#exports[name];
    if (typeof found !== "function") {
      throw new Error(`the program does not export \`${name}\`: link it with --export-allocator (this needs ${what})`);
    }
    return found;
  }
}

// `Symbol.dispose` where it exists. Otherwise, regions have no method of that name.
const DISPOSE = Symbol.dispose ?? Symbol("dispose");

// A region that the host opened. Its segments are freed when it is closed.
export class Region {
  #implementation;
  #isOpen = true;

  // Made by `Memory.openRegion`.
  constructor(implementation) {
    this.#implementation = implementation;
  }

  get isOpen() {
    return this.#isOpen;
  }

  allocate(bytes, alignment = 8) {
    if (!this.#isOpen) {
      throw new Error("the region is closed");
    }
    return this.#implementation.allocate(bytes, alignment);
  }

  // A segment with the bytes of a typed array, or of an `ArrayBuffer`.
  allocateArray(array) {
    // A copy, since an allocation can grow the memory that the array is in.
    const bytes = Uint8Array.from(bytesIn(array));
    const segment = this.allocate(bytes.length);
    segment.copyFromArray(0, bytes);
    return segment;
  }

  allocateUtf8(text) {
    return this.#allocateText(encodeUtf8(text));
  }

  allocateUtf16(text) {
    return this.#allocateText(encodeUtf16(text));
  }

  close() {
    if (!this.#isOpen) {
      throw new Error("the region is already closed");
    }
    this.#isOpen = false;
    this.#implementation.close();
  }

  // Closes the region unless that has been done.
  [DISPOSE]() {
    if (this.#isOpen) {
      this.close();
    }
  }

  #allocateText(bytes) {
    const segment = this.allocate(bytes.length);
    segment.copyFromArray(0, bytes);
    return segment;
  }
}

function isAlignment(alignment) {
  return Number.isInteger(alignment) && alignment > 0 && alignment <= 65536 && (alignment & (alignment - 1)) === 0;
}

// Closes a region after an error, which the caller throws: if the program trapped in a region of its own, closing can fail, too.
function closeAfter(region) {
  try {
    region[DISPOSE]();
  } catch {
    // The first error says what happened.
  }
}
