// Reports of violations: what a module that was linked with `--on-violation report` tells its host, and the places that the
// section `linmem.sites` of the module lists. docs/reports.md describes both.

import { bytesOf } from "./numbers.mjs";

const SECTION = "linmem.sites";
const VERSION = 1;
const UNKNOWN = 0xffff_ffff;

// The kinds of violations, by their codes.
const KINDS = [
  "OutOfBounds",
  "UseAfterFree",
  "NotInnermost",
  "AlreadyFreed",
  "Nested",
  "BadAlignment",
  "OutOfMemory",
  "Corrupted",
  "Forged",
];

// A violation that a program reported before it trapped.
export class ViolationError extends Error {
  constructor(kind, intrinsic, numbers, site) {
    const what = intrinsic === "" ? "" : `${intrinsic}: `;
    super(`${what}${sentence(kind, intrinsic, numbers)}${site === undefined ? "" : `\n  ${site}`}`);
    this.name = "ViolationError";
    // The name of the kind, or its code if it is one of a later version.
    this.kind = kind;
    this.intrinsic = intrinsic;
    this.numbers = numbers;
    this.site = site;
  }
}

// Receives the reports of the instances of a module. `onViolation` is called with each violation, `onErrno` with the errno and
// the site of each lifted call that fails.
export class Reports {
  #sites;
  #last;

  constructor(module, { onViolation, onErrno } = {}) {
    this.#sites = readSites(module);
    // The program traps when `violation` returns. An exception would not do: the program can catch one.
    const violation = (code, site, a, b, c) => {
      const place = this.#sites[site >>> 0];
      const kind = KINDS[code >>> 0] ?? code >>> 0;
      this.#last = new ViolationError(kind, place?.intrinsic ?? "", [a >>> 0, b >>> 0, c >>> 0], place);
      onViolation?.(this.#last);
    };
    const errno = (site, number) => onErrno?.(number >>> 0, this.#sites[site >>> 0]);
    // The imports for `WebAssembly.instantiate`.
    this.imports = { linmem_report: { violation, errno } };
  }

  // The sites of the module, by their numbers.
  get sites() {
    return this.#sites;
  }

  // The last violation, or `undefined`.
  get last() {
    return this.#last;
  }

  // Calls a function. If the program traps after a report, this throws the violation, whose cause is the trap.
  run(callback) {
    this.#last = undefined;
    let result;
    try {
      result = callback();
    } catch (error) {
      throw this.#explain(error);
    }
    if (typeof result?.then === "function") {
      return Promise.resolve(result).catch((error) => {
        throw this.#explain(error);
      });
    }
    return result;
  }

  #explain(error) {
    const violation = this.#last;
    if (violation === undefined || !(error instanceof WebAssembly.RuntimeError)) {
      return error;
    }
    violation.cause = error;
    return violation;
  }
}

// The sites of a module, by their numbers. If it was merged from several, only what is the same in each is kept. A section that
// cannot be decoded has none.
export function readSites(module) {
  const merged = [];
  for (const section of WebAssembly.Module.customSections(module, SECTION)) {
    decode(new Uint8Array(section)).forEach((site, number) => {
      const known = merged[number];
      if (known === undefined) {
        merged.push(site);
      } else if (!known.equals(site)) {
        merged[number] = new Site(known.intrinsic === site.intrinsic ? known.intrinsic : "", UNKNOWN, "", 0, "", 0, 0);
      }
    });
  }
  return merged;
}

// A place from which violations are reported.
class Site {
  constructor(intrinsic, func, name, offset, file, line, column) {
    this.intrinsic = intrinsic;
    // The index of the function in the module that was linked; 2^32 - 1 if it is not known.
    this.function = func;
    this.name = name;
    this.offset = offset;
    this.file = file;
    this.line = line;
    this.column = column;
    Object.freeze(this);
  }

  equals(other) {
    return Object.keys(this).every((key) => this[key] === other[key]);
  }

  // The place, such as `at src/main.rs:14:5, in $main`.
  toString() {
    const where = this.#function();
    if (this.line !== 0) {
      return `at ${this.#line()}, in ${where}`;
    }
    return this.offset === 0 ? `in ${where}` : `at offset 0x${this.offset.toString(16)}, in ${where}`;
  }

  #line() {
    if (this.file === "") {
      return `line ${this.line}`;
    }
    const column = this.column === 0 ? "" : `:${this.column}`;
    return `${oneLine(this.file)}:${this.line}${column}`;
  }

  #function() {
    if (this.name !== "") {
      return `$${oneLine(this.name)}`;
    }
    return this.function === UNKNOWN ? "an unnamed function" : `function ${this.function}`;
  }
}

function oneLine(name) {
  return name.replaceAll("\n", "\\n");
}

function decode(bytes) {
  let position = 0;
  const number = () => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[position];
      if (byte === undefined) {
        throw new RangeError("the section ends early");
      }
      position += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80 && value <= UNKNOWN) {
        return value;
      }
    }
    throw new RangeError("the number exceeds 32 bits");
  };
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const name = () => {
    const length = number();
    if (length > bytes.length - position) {
      throw new RangeError("the section ends early");
    }
    position += length;
    return text.decode(bytes.subarray(position - length, position));
  };
  // The count can be any number, so that nothing is allocated before the elements have been read.
  const vector = (element) => {
    const elements = [];
    for (let left = number(); left > 0; left -= 1) {
      elements.push(element());
    }
    return elements;
  };
  try {
    if (number() !== VERSION) {
      return [];
    }
    const strings = vector(name);
    const string = () => strings[number()] ?? "";
    return vector(() => new Site(string(), number(), string(), number(), string(), number(), number()));
  } catch {
    return [];
  }
}

// What a violation says, as `linmem run` prints it.
function sentence(kind, intrinsic, [a, b, c]) {
  const ways = ["", "Aligned", "Array", "Utf8", "Wtf8", "Latin1"];
  const allocations = ways.map((way) => `MemoryAllocator.allocate${way}`);
  const isAllocation = allocations.includes(intrinsic);
  const pages = c === 1 ? "1 page" : `${c} pages`;
  switch (kind) {
    case "OutOfBounds":
      return intrinsic === "MemorySegment.ofAddress"
        ? `the addresses ${a}..${a + b} exceed the address space, which ends at ${2 ** 32}`
        : `bytes ${a}..${a + b} of a segment of ${bytesOf(c)}`;
    case "UseAfterFree":
      return isAllocation
        ? `allocator ${a} is not open: it was closed, or never opened`
        : `the ${b === 1 ? "byte" : `${b} bytes`} at address ${a} of a freed segment`;
    case "NotInnermost":
      return `allocator ${a} is not the innermost one: ${b === 1 ? "1 region" : `${b} regions`} opened in it ${
        b === 1 ? "is" : "are"
      } still open`;
    case "AlreadyFreed":
      return `allocator ${a} is not open: it was already closed, or never opened`;
    case "Nested":
      return `allocator ${a} is open, but regions must not nest`;
    case "BadAlignment":
      return `the alignment ${a} is not a power of two up to 65536`;
    case "OutOfMemory":
      if (intrinsic === "MemoryAllocator.new") {
        return `out of memory: cannot open a region; the memory has ${pages}`;
      }
      return `out of memory: cannot allocate ${a} bytes${b > 8 ? ` aligned to ${b}` : ""}; the memory has ${pages}`;
    case "Corrupted":
      return `the region header at address ${b} was overwritten: its first word is 0x${c.toString(16).padStart(8, "0")}`;
    case "Forged":
      return a === 0
        ? "the reference does not refer to a segment of this module"
        : "the reference is null and does not refer to a segment";
    default:
      return `a violation of the unknown kind ${kind}, with the numbers ${a}, ${b} and ${c}`;
  }
}
