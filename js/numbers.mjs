// Checks of numbers that come from callers and from programs.

// An address or a size. A program returns an `i32` as a signed number, so that negative ones stand for those from 2^31 on.
export function unsigned(value, what) {
  const number = typeof value === "bigint" ? Number(BigInt.asUintN(64, value)) : value;
  count(number, what);
  if (number < -0x8000_0000 || number > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`the ${what} ${value} is out of range`);
  }
  return number < 0 ? number >>> 0 : number;
}

// An offset or a number of elements or bytes, which a caller computed. Negative ones are not wrapped.
export function count(value, what) {
  if (typeof value !== "number") {
    throw new TypeError(`the ${what} is ${typeOf(value)}, not a number`);
  }
  if (!Number.isInteger(value)) {
    throw new TypeError(`the ${what} ${value} is not an integer`);
  }
  return value;
}

function typeOf(value) {
  if (value === undefined || value === null) {
    return String(value);
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

export function bytesOf(number) {
  return number === 1 ? "1 byte" : `${number} bytes`;
}
