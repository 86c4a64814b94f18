// Counts the lines, words and bytes of standard input, which is read into a region; the words are built on the heap.
import * as linmem from "./linmem";

function readAll(region: linmem.Allocator): linmem.Segment {
  let buffer = linmem.allocate(region, 1000);
  let used: u32 = 0;
  while (true) {
    const count = linmem.readExact(0, linmem.slice(buffer, used, linmem.size(buffer) - used));
    if (count < 0) unreachable();
    used += count;
    if (used < linmem.size(buffer)) return linmem.slice(buffer, 0, used);
    const larger = linmem.allocate(region, linmem.size(buffer) * 2);
    linmem.copy(larger, 0, buffer, 0, used);
    buffer = larger;
  }
}

export function _start(): void {
  const region = linmem.open();
  const text = readAll(region);
  const seen = new Map<string, i32>();
  let lines = 0;
  let words = 0;
  let word = "";
  for (let i: u32 = 0; i < linmem.size(text); i++) {
    const char = linmem.getUByte(text, i);
    if (char == 10) lines++;
    if (char != 32 && (char < 9 || char > 13)) {
      word += String.fromCharCode(char);
    } else if (word.length) {
      words++;
      seen.set(word, (seen.has(word) ? seen.get(word) : 0) + 1);
      word = "";
    }
  }
  if (word.length) words++;
  linmem.print(`${lines} lines, ${words} words, ${seen.size} of them different, ${linmem.size(text)} bytes\n`);
  linmem.close(region);
}
