// A memory of a program, and the regions that the host opens in it. What is open is recorded here, not in the memory, which
// the program can overwrite.

import { bytesOf, count, unsigned } from "./numbers.mjs";
import { bytesIn, Segment } from "./segment.mjs";
import { encodeUtf8, encodeUtf16 } from "./text.mjs";

const NESTINGS = ["stack", "outermost", "forbid"];

const OPENED = "the program opened a region in it, and allocated there; close that first, or link with --nesting outermost";
const FREED =
  "the region was freed: the program closed a region that was open before, or wrote past the end of a segment; " +
  "close the region before, or link with --nesting outermost";

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
    // A region whose close the program refused earlier may be closed now.
    this.#closeUnused();
    if (this.#nesting === "forbid" && this.#open.length > 0) {
      throw new Error("a region is open, and regions must not nest");
    }
    const entry = this.#begin(open);
    const region = new Region({
      allocate: (bytes, alignment) => this.#allocate(entry, bytes, alignment),
      close: () => this.#close(entry),
      isLent: () => this.#isLent(entry),
    });
    entry.region = region;
    this.#open.push(entry);
    return region;
  }

  // Opens a region of the program. If the program does not track regions, it keeps a token in the region until that is closed, by
  // whomever. `top` is the next free address after the last allocation in the region; 0 if the program does not tell it.
  #begin(open) {
    const acquire = this.#exports.linmem_acquire;
    if (acquire === undefined) {
      return { handle: open(), loan: 0, token: 0n, top: this.#top() };
    }
    const token = randomToken();
    const [value, handle] = acquire(0, 1, BigInt.asIntN(64, token));
    const address = this.#addressOf(value);
    if (address === 0) {
      throw new RangeError(`out of memory: cannot open a region; the memory has ${bytesOf(this.size)}`);
    }
    return { handle, loan: Math.ceil(address / 8) * 8, token, top: this.#top() };
  }

  #top() {
    const top = this.#exports.linmem_top;
    return top === undefined ? 0 : unsigned(top(), "address");
  }

  // Whether the program has not closed a region, as far as it tells that.
  #isLent({ loan, token }) {
    return loan === 0 || (loan + 8 <= this.size && this.view().getBigUint64(loan, true) === token);
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

  #allocate(entry, bytes, alignment) {
    const { region, handle } = entry;
    const allocate = this.#function("linmem_allocate");
    if (count(bytes, "number of bytes") < 0 || bytes > 0xffff_ffff) {
      throw new RangeError(`cannot allocate ${bytes} bytes`);
    }
    if (!isAlignment(alignment)) {
      throw new RangeError(`the alignment ${alignment} is not a power of two up to 65536`);
    }
    const inside = this.#open.length - 1 - this.#open.indexOf(entry);
    if (this.#nesting !== "outermost" && inside > 0) {
      const regions = inside === 1 ? "1 region opened in it is" : `${inside} regions opened in it are`;
      throw new Error(`the region is not the innermost one: ${regions} still open`);
    }
    if (entry.top !== 0 && this.#top() !== entry.top) {
      throw new Error(`the region is not the innermost one: ${OPENED}`);
    }
    const value = allocate(handle, bytes, alignment);
    entry.top = this.#top();
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
  #close(entry) {
    const isLent = this.#isLent(entry);
    if (!isLent || this.#nesting === "outermost") {
      this.#open = this.#open.filter((other) => other !== entry);
    }
    if (!isLent) {
      throw new Error(FREED);
    }
    if (this.#nesting === "outermost") {
      this.#end(entry);
      return;
    }
    this.#closeUnused();
    const isInside = ({ region }) => region.isOpen;
    const position = this.#open.indexOf(entry);
    if (position >= 0 && !this.#open.slice(position).some(isInside)) {
      throw new Error(`the region is not closed: ${OPENED}`);
    }
  }

  // Closes the regions that their owners have closed, from the innermost one, until the program refuses.
  #closeUnused() {
    while (this.#open.length > 0 && !this.#open.at(-1).region.isOpen) {
      const entry = this.#open.at(-1);
      // If it is not lent any more, the program has closed it.
      if (this.#isLent(entry) && !this.#end(entry)) {
        return;
      }
      this.#open.pop();
    }
  }

  // Closes a region of the program, and returns whether the program did that.
  #end({ handle, loan, top }) {
    const release = this.#exports.linmem_release;
    if (release === undefined) {
      this.#function("linmem_close")(handle);
      return true;
    }
    return release(handle, loan, top) === 0;
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

  // Whether neither the host nor the program has closed it.
  get isOpen() {
    return this.#isOpen && this.#implementation.isLent();
  }

  allocate(bytes, alignment = 8) {
    if (!this.#isOpen) {
      throw new Error("the region is closed");
    }
    if (!this.#implementation.isLent()) {
      throw new Error(FREED);
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

// A number of 64 bits that other data is unlikely to contain.
function randomToken() {
  const half = () => BigInt(Math.floor(Math.random() * 2 ** 32));
  return (half() << 32n) | half() | 1n;
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
