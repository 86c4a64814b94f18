// The texts of the tests.

// A generator of random numbers, which is the same in each run.
function* randoms(seed) {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

// Texts in which lone surrogates are frequent, and texts of ASCII with one other unit at each position.
export function texts() {
  const found = [];
  const random = randoms(1);
  const below = (bound) => random.next().value % bound;
  for (let number = 0; number < 20_000; number += 1) {
    const ascii = below(21);
    const units = Array.from({ length: below(60) }, () => {
      if (below(20) < ascii) return below(0x80);
      return [below(0x800), below(0x10000), 0xd800 + below(0x800), 0xd800 + below(0x800), 0xfeff][below(5)];
    });
    found.push(units);
  }
  for (let length = 0; length <= 70; length += 1) {
    for (let position = 0; position < length; position += 1) {
      for (const put of [[0xd83d], [0xde00], [0xd83d, 0xde00], [0xe9], [0x20ac]]) {
        const units = Array(length).fill(0x61);
        units.splice(position, put.length, ...put);
        found.push(units);
      }
    }
  }
  return found;
}

// Every sequence of up to four bytes at the ends of the classes that UTF-8 distinguishes.
export function sequences() {
  const bytes = [0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff];
  let found = [];
  let last = [[]];
  for (let length = 1; length <= 4; length += 1) {
    last = last.flatMap((text) => bytes.map((byte) => [...text, byte]));
    found = found.concat(last);
  }
  return found;
}
