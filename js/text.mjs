// Text as UTF-8, in which a lone surrogate becomes U+FFFD, and as UTF-16LE, in which it is kept.

const encoder = new TextEncoder();
// A byte order mark is a character like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// The number of code units that `String.fromCharCode` takes at once: engines limit the number of arguments.
const UNITS = 8192;

export function encodeUtf8(text) {
  return encoder.encode(text);
}

// Decodes bytes, which must not be in a shared memory: browsers refuse those. Ill-formed bytes become U+FFFD.
export function decodeUtf8(bytes) {
  return decoder.decode(bytes);
}

// The number of bytes of a text in UTF-8.
export function utf8Size(text) {
  let size = 0;
  for (let index = 0; index < text.length; index += 1) {
    const point = text.codePointAt(index);
    size += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    index += point < 0x10000 ? 0 : 1;
  }
  return size;
}

export function encodeUtf16(text) {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index += 1) {
    view.setUint16(2 * index, text.charCodeAt(index), true);
  }
  return bytes;
}

// Decodes bytes, which must not change meanwhile.
export function decodeUtf16(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [];
  for (let start = 0; start < bytes.length; start += 2 * UNITS) {
    const units = new Array(Math.min(UNITS, (bytes.length - start) / 2));
    for (let index = 0; index < units.length; index += 1) {
      units[index] = view.getUint16(start + 2 * index, true);
    }
    parts.push(String.fromCharCode(...units));
  }
  return parts.join("");
}
