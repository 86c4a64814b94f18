// The types of linmem.mjs.

/// <reference lib="es2022" />
/// <reference lib="dom" />

// What the library `esnext.disposable` of TypeScript 5.2 declares, for programs that do not use it, and for earlier versions.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

export type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;
export type LongArray = BigInt64Array | BigUint64Array;
export type TypedArray = NumberArray | LongArray;

/** The constructor of a typed array. */
export interface ArrayType<A extends TypedArray> {
  new (length: number): A;
  new (buffer: ArrayBufferLike, offset: number, length: number): A;
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
}

export type ElementOf<A extends TypedArray> = A extends LongArray ? bigint : number;

/** A segment as the functions of the program take it: its address, an `i64`, or a reference. */
export type SegmentValue = number | bigint | object;

/** How the regions that the host opens nest; the same as `--nesting` of the linked module. */
export type Nesting = "stack" | "outermost" | "forbid";

export interface MemoryOptions {
  nesting?: Nesting;
}

export interface ReportOptions {
  /** Called with each violation, before the program traps. It must not call the program. */
  onViolation?(violation: ViolationError): void;
  /** Called for each lifted call of WASI whose errno is not 0. It must not call the program. */
  onErrno?(errno: number, site: Site | undefined): void;
}

export interface InstantiateOptions extends MemoryOptions, ReportOptions {
  /** Whether the functions of `wasm:js-string` are builtins where the engine has these; true by default. */
  builtins?: boolean;
  /** The memory of segments, or the name of its export. Required if the module exports or imports several memories. */
  memory?: WebAssembly.Memory | string;
}

export interface Instantiated {
  module: WebAssembly.Module;
  instance: WebAssembly.Instance;
  exports: WebAssembly.Exports;
  /** `undefined` if the module neither exports nor imports a memory, and the options contain none. */
  memory: Memory | undefined;
  reports: Reports;
}

export type Source = BufferSource | WebAssembly.Module | Response;

/** Compiles and instantiates a linked module, with the imports of reports and of strings. */
export function instantiate(
  source: Source | PromiseLike<Source>,
  imports?: WebAssembly.Imports,
  options?: InstantiateOptions,
): Promise<Instantiated>;

/** A memory of a program. */
export class Memory {
  constructor(wasm: WebAssembly.Memory, exports?: WebAssembly.Exports, options?: MemoryOptions);
  readonly wasm: WebAssembly.Memory;
  /** The current size in bytes. */
  readonly size: number;
  /** A view of the whole memory, valid until the program runs again. */
  view(): DataView;
  /** The bytes of the whole memory, valid until the program runs again. */
  bytes(): Uint8Array;
  /** A segment over an address and a size, for example those that a function of the program returned. */
  segment(address: number | bigint, size: number | bigint): Segment;
  /** A segment that a function of the program returned as an `i64`. */
  unpack(packed: bigint): Segment;
  /** A segment that a function of the program returned, as an `i64` or a reference. Requires `--export-allocator`. */
  segmentOf(value: bigint | object): Segment;
  /** Opens a region, which the caller must close. Requires `--export-allocator`. */
  openRegion(): Region;
  /** Opens a region and closes it after the callback, or after its promise is settled. Requires `--export-allocator`. */
  withRegion<T>(callback: (region: Region) => T): T;
}

/** A region that the host opened. `using` closes it. */
export class Region implements Disposable {
  private constructor();
  readonly isOpen: boolean;
  /** The alignment is a power of two up to 65536, by default 8. */
  allocate(bytes: number, alignment?: number): Segment;
  allocateArray(array: ArrayBufferView | ArrayBufferLike): Segment;
  allocateUtf8(text: string): Segment;
  allocateUtf16(text: string): Segment;
  close(): void;
  /** Closes the region unless that has been done. It exists if the engine has the symbol. */
  [Symbol.dispose](): void;
}

/** A contiguous part of a memory. Every access is checked. Integers are little-endian. */
export class Segment {
  private constructor();
  readonly memory: Memory;
  readonly address: number;
  readonly size: number;
  /** The segment as the functions of the program take it, if it comes from the program. */
  readonly value: SegmentValue;
  /** The segment as an `i64`. */
  readonly packed: bigint;
  /** Whether the region of the segment is open; always true if the host did not allocate it. */
  readonly isLive: boolean;
  getByte(offset: number): number;
  getUByte(offset: number): number;
  getShort(offset: number): number;
  getUShort(offset: number): number;
  getInt(offset: number): number;
  getUInt(offset: number): number;
  getLong(offset: number): bigint;
  getULong(offset: number): bigint;
  getFloat(offset: number): number;
  getDouble(offset: number): number;
  setByte(offset: number, value: number): void;
  setShort(offset: number, value: number): void;
  setInt(offset: number, value: number): void;
  setLong(offset: number, value: bigint | number): void;
  setFloat(offset: number, value: number): void;
  setDouble(offset: number, value: number): void;
  /** A part of the segment, by default up to its end. */
  slice(offset: number, bytes?: number): Segment;
  fill(offset: number, bytes: number, value: number): void;
  /** Copies bytes into this segment. The two may overlap, and may be in different memories. */
  copy(offset: number, from: Segment, fromOffset: number, bytes: number): void;
  /** Copies elements of a typed array, or bytes of a buffer, into the segment. */
  copyFromArray(offset: number, array: ArrayBufferView | ArrayBufferLike, index?: number, elements?: number): void;
  /** Copies bytes of the segment into a typed array, or into a buffer. */
  copyToArray(offset: number, array: ArrayBufferView | ArrayBufferLike, index?: number, elements?: number): void;
  /** A new typed array with elements of the segment, by default as many as fit up to its end. */
  toArray<A extends TypedArray>(Type: ArrayType<A>, offset?: number, elements?: number): A;
  /** Elements of the segment, in place. */
  view<A extends TypedArray>(Type: ArrayType<A>, offset?: number, elements?: number): View<A>;
  /** Writes UTF-8, with U+FFFD for lone surrogates, and returns the number of bytes. */
  setUtf8(offset: number, text: string): number;
  /** Reads UTF-8, with U+FFFD for ill-formed bytes. A byte order mark is kept. */
  getUtf8(offset?: number, bytes?: number): string;
  /** Writes UTF-16LE, including lone surrogates, and returns the number of bytes. */
  setUtf16(offset: number, text: string): number;
  /** Reads UTF-16LE, including lone surrogates. */
  getUtf16(offset?: number, bytes?: number): string;
}

/** Elements of a segment. It stays valid when the memory grows, and needs no alignment. */
export class View<A extends TypedArray> implements Iterable<ElementOf<A>> {
  constructor(Type: ArrayType<A>, segment: Segment);
  readonly length: number;
  get(index: number): ElementOf<A>;
  set(index: number, value: ElementOf<A>): void;
  /** A typed array over the elements, valid until the program runs again. Requires the alignment of the type. */
  readonly array: A;
  [Symbol.iterator](): Iterator<ElementOf<A>>;
}

/** An access outside of a segment. */
export class BoundsError extends RangeError {
  constructor(offset: number, bytes: number, size: number);
  readonly offset: number;
  readonly bytes: number;
  readonly size: number;
}

/** A place from which violations are reported. */
export interface Site {
  readonly intrinsic: string;
  /** The index of the function in the module that was linked; 2^32 - 1 if it is not known. */
  readonly function: number;
  /** The name of the function, or empty. */
  readonly name: string;
  readonly offset: number;
  /** The source file, or empty. */
  readonly file: string;
  /** The line, counted from one; 0 if unknown. */
  readonly line: number;
  readonly column: number;
  /** The place, such as `at src/main.rs:14:5, in $main`. */
  toString(): string;
}

/** The sites of a module, by their numbers. */
export function readSites(module: WebAssembly.Module): Site[];

/** Receives the reports of a module that was linked with `--on-violation report`. */
export class Reports {
  constructor(module: WebAssembly.Module, options?: ReportOptions);
  readonly imports: WebAssembly.Imports;
  readonly sites: readonly Site[];
  /** The last violation. */
  readonly last: ViolationError | undefined;
  /** Calls a function. If the program traps after a report, this throws the violation, whose cause is the trap. */
  run<T>(callback: () => T): T;
}

/** A violation that a program reported before it trapped. */
export class ViolationError extends Error {
  constructor(kind: string | number, intrinsic: string, numbers: [number, number, number], site: Site | undefined);
  /** The name of the kind, or the code of one of a later version. */
  readonly kind: string | number;
  readonly intrinsic: string;
  readonly numbers: [number, number, number];
  readonly site: Site | undefined;
}

/** The functions of `wasm:js-string` as imports, for engines that do not have them as builtins. */
export function stringImports(): WebAssembly.Imports;

/** The number of bytes of a text in UTF-8. */
export function utf8Size(text: string): number;
