// Each exported function has one mistake. The compiler writes no lines, so that the marks name the function of each place.
import * as linmem from "../../toolchains/assemblyscript/linmem";

let sink: u32 = 0;

// A function that only passes on is lowered where it is called. So these write to `sink`.

function allocation(region: linmem.Allocator, bytes: u32): usize { return linmem.address(linmem.allocate(region, bytes)); }
function free(region: linmem.Allocator): void { sink = 1; linmem.close(region); }
function accessLoad(address: usize): void { sink = load<u32>(address); }
function accessStore(address: usize): void { store<u64>(address, 1); }
function accessByte(address: usize): void { sink = load<u8>(address); }
function accessFill(address: usize, bytes: usize): void { memory.fill(address, 1, bytes); }
function accessClose(region: linmem.Allocator): void { sink = 1; linmem.close(region); }
function allocationOpen(): linmem.Allocator { sink = 1; return linmem.open(); }

export function as_load_after_free(): void { // UseAfterFree
  const region = linmem.open();
  const address = allocation(region, 4);
  free(region);
  accessLoad(address);
}

export function as_store_after_free(): void { // UseAfterFree
  const region = linmem.open();
  const address = allocation(region, 8);
  free(region);
  accessStore(address);
}

export function as_fill_after_free(): void { // UseAfterFree
  const region = linmem.open();
  const address = allocation(region, 100);
  free(region);
  accessFill(address, 100);
}

export function as_store_across_end(): void { // Overlap
  const region = linmem.open();
  const address = allocation(region, 12);
  accessStore(address + 8);
  linmem.close(region);
}

export function as_byte_past_end(): void { // Overlap
  const region = linmem.open();
  const address = allocation(region, 7);
  for (let i: usize = 0; i <= 7; i++) accessByte(address + i);
  linmem.close(region);
}

export function as_closed_twice(): void { // DoubleFree
  const region = allocationOpen();
  free(region);
  accessClose(region);
}

export function as_never_closed(): void { // Leak
  allocationOpen();
}
