// The intrinsics that these programs use. A segment is an i64.
export type Segment = u64;
export type Allocator = i32;

@external("linmem", "MemoryAllocator.new") export declare function open(): Allocator;
@external("linmem", "MemoryAllocator.allocate") export declare function allocate(region: Allocator, bytes: u32): Segment;
@external("linmem", "MemoryAllocator.free") export declare function close(region: Allocator): void;
@external("linmem", "MemorySegment.getUByte") export declare function getUByte(from: Segment, offset: u32): i32;
@external("linmem", "MemorySegment.getInt") export declare function getInt(from: Segment, offset: u32): i32;
@external("linmem", "MemorySegment.setByte") export declare function setByte(to: Segment, offset: u32, value: i32): void;
@external("linmem", "MemorySegment.setInt") export declare function setInt(to: Segment, offset: u32, value: i32): void;
@external("linmem", "MemorySegment.address") export declare function address(segment: Segment): u32;
@external("linmem", "MemorySegment.size") export declare function size(segment: Segment): u32;
@external("linmem", "MemorySegment.slice") export declare function slice(segment: Segment, offset: u32, bytes: u32): Segment;
@external("linmem", "MemorySegment.fill") export declare function fill(to: Segment, offset: u32, bytes: u32, value: i32): void;
@external("linmem", "MemorySegment.copy")
export declare function copy(to: Segment, toOffset: u32, from: Segment, fromOffset: u32, bytes: u32): void;
@external("linmem", "wasi.write_all") export declare function writeAll(fd: i32, from: Segment): i32;
@external("linmem", "wasi.read_exact") export declare function readExact(fd: i32, to: Segment): i32;
@external("wasi_snapshot_preview1", "fd_write")
export declare function fdWrite(fd: i32, iovecs: u32, count: u32, written: u32): i32;

/** Writes the characters of an ASCII text. */
export function put(to: Segment, text: string): void {
  for (let i = 0; i < text.length; i++) setByte(to, i, text.charCodeAt(i));
}

/** Prints a text, in its own region. */
export function print(text: string): void {
  const region = open();
  const bytes = allocate(region, text.length);
  put(bytes, text);
  if (writeAll(1, bytes)) unreachable();
  close(region);
}
