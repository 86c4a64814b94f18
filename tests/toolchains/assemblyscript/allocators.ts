// AssemblyScript's runtime beside linmem's regions: both allocate many times, and neither may change the other's bytes.
import * as linmem from "./linmem";

const BLOCKS = 400;
const SEGMENTS: u32 = 6;
const DEPTH: u32 = 18;
const ROUNDS = 12;

const blocks = new Array<Uint8Array | null>(BLOCKS);
let growths = 0;

let state: u32 = 2463534242;
function number(bound: u32): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % bound;
}

function blockByte(block: u32, at: u32): u8 {
  return <u8>(block * 31 + at);
}

function segmentByte(segment: u32, depth: u32): i32 {
  return (segment + depth) & 127;
}

function checkBlock(index: u32): void {
  const block = blocks[index];
  if (!block) return;
  for (let at = 0; at < block.length; at++) {
    if (block[at] != blockByte(index, at)) unreachable();
  }
}

function renewBlock(index: u32): void {
  checkBlock(index);
  blocks[index] = null;
  const before = memory.size();
  const block = new Uint8Array(1 + number(50000) + (number(20) == 0 ? 300000 : 0));
  if (memory.size() != before) growths++;
  for (let at = 0; at < block.length; at++) block[at] = blockByte(index, at);
  blocks[index] = block;
}

function step(depth: u32): void {
  const region = linmem.open();
  const segments = new StaticArray<linmem.Segment>(SEGMENTS);
  for (let i: u32 = 0; i < SEGMENTS; i++) {
    const bytes = 8 + number(60000) + (i == 3 && depth % 3 == 0 ? 200000 : 0);
    segments[i] = linmem.allocate(region, bytes);
    linmem.fill(segments[i], 0, bytes, segmentByte(i, depth));
    renewBlock(number(BLOCKS));
  }
  if (depth) step(depth - 1);
  for (let i: u32 = 0; i < SEGMENTS; i++) {
    const bytes = linmem.size(segments[i]);
    for (let at: u32 = 0; at < bytes; at += 97) {
      if (linmem.getUByte(segments[i], at) != segmentByte(i, depth)) unreachable();
    }
    if (linmem.getUByte(segments[i], bytes - 1) != segmentByte(i, depth)) unreachable();
  }
  linmem.close(region);
}

export function _start(): void {
  for (let round = 0; round < ROUNDS; round++) step(DEPTH);
  for (let index = 0; index < BLOCKS; index++) checkBlock(index);
  linmem.print(growths > 3 ? "all is intact after many growths\n" : "all is intact, but the heap hardly grew\n");
}
