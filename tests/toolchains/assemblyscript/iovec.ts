// The program of tests/cost/iovec.wat: a region, three small allocations, five stores, a call that uses them. A segment is an i64.
// tests/cost/compilers/assemblyscript.wasm is made from it, in this folder:
//
//     ../node_modules/.bin/asc iovec.ts -o ../../cost/compilers/assemblyscript.wasm --use abort= --runtime stub -O3
@external("linmem", "MemoryAllocator.new") declare function open(): i32;
@external("linmem", "MemoryAllocator.allocate") declare function allocate(region: i32, bytes: i32): u64;
@external("linmem", "MemoryAllocator.free") declare function close(region: i32): void;
@external("linmem", "MemorySegment.setInt") declare function setInt(to: u64, offset: i32, value: i32): void;
@external("linmem", "MemorySegment.getInt") declare function getInt(from: u64, offset: i32): i32;
@external("linmem", "MemorySegment.setLong") declare function setLong(to: u64, offset: i32, value: i64): void;
@external("linmem", "MemorySegment.address") declare function address(segment: u64): i32;

// Stands for the host: reads both fields of the iovec. The compiler inlines it.
function use(vector: u64): i32 {
  return getInt(vector, 0) + getInt(vector, 4);
}

export function iovec(times: i32): i32 {
  let sum = 0;
  do {
    const region = open();
    const text = allocate(region, 16);
    const vector = allocate(region, 8);
    const count = allocate(region, 4);
    setInt(vector, 0, address(text));
    setInt(vector, 4, 16);
    setInt(count, 0, 0);
    setLong(text, 0, 0x6f77206f6c6c6568);
    sum += use(vector);
    close(region);
  } while (--times);
  return sum;
}
