// The functions of the module `wasm:js-string`, for engines without these builtins. They do what the proposal "JS String
// Builtins" specifies, and trap where it does.

// The module of strings.wat, which accesses arrays.
const ARRAYS =
  "AGFzbQEAAAABJgZedwFgAW8Bf2ADb39/AGACb38Bb2ADb2MAfwF/YANjAH9/AWRvAjIDB3N0cmluZ3MGbGVuZ3RoAAEHc3RyaW5ncwRyZWFkAAIHc3Ry" +
  "aW5ncwZhcHBlbmQAAwMDAgQFBQMBAAEHMgMGbWVtb3J5AgARaW50b0NoYXJDb2RlQXJyYXkAAxFmcm9tQ2hhckNvZGVBcnJheQAECvQBAnsBBX8gAfsP" +
  "IQcgABAAIQMgAq0gA618IAetVgRAAAsCQANAIAQgA0YNASADIARrIQUgBUGAwABLBEBBgMAAIQULIAAgBCAFEAFBACEGA0AgASACIARqIAZBAmwvAQD7" +
  "DgAgBEEBaiEEIAZBAWoiBiAFSQ0ACwwACwsgAwt2AgFvAn8gAiAA+w9LIAEgAktyBEAACwNAIAIgAWshBCAEQYDAAEsEQEGAwAAhBAtBACEFAkADQCAF" +
  "IARGDQEgBUECbCAAIAEgBWr7DQA7AQAgBUEBaiEFDAALCyADIAQQAiEDIAEgBGohASABIAJHDQALIAPUCwCyAQRuYW1lARcDAAZsZW5ndGgBBHJlYWQC" +
  "BmFwcGVuZAJeAgMIAAZzdHJpbmcBBWFycmF5AgVzdGFydAMGbGVuZ3RoBARkb25lBQVjb3VudAYBaQcEcm9vbQQGAAVhcnJheQEFc3RhcnQCA2VuZAMG" +
  "c3RyaW5nBAVjb3VudAUBaQMoAgMDAQNlbmQCBG5leHQEBHVuaXQEAwEEbmV4dAMEZnVsbAQEdW5pdAQIAQAFdW5pdHM=";

// A module whose export `trap` traps: a program cannot catch a trap, but it can catch an exception of JavaScript.
const TRAP = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 0x74, 0x72, 0x61, 0x70, 0, 0],
  ...[10, 5, 1, 3, 0, 0, 0x0b],
);

// The name of the module.
export const MODULE = "wasm:js-string";

// The options of `WebAssembly.compile` that request the builtins. Engines without builtins ignore them.
export const BUILTINS = { builtins: ["js-string"] };

// Whether a module imports functions of strings that are not builtins.
export function importsStrings(module) {
  return WebAssembly.Module.imports(module).some((found) => found.module === MODULE);
}

let made;

// The functions, as imports of a program.
export function stringImports() {
  made ??= { [MODULE]: { ...functions(), ...arrayFunctions() } };
  return made;
}

let instance;

function trap() {
  instance ??= new WebAssembly.Instance(new WebAssembly.Module(TRAP));
  instance.exports.trap();
}

function checked(string) {
  return typeof string === "string" ? string : trap();
}

// An index of a string.
function indexIn(string, index) {
  const unsigned = index >>> 0;
  return unsigned < checked(string).length ? unsigned : trap();
}

// A string, or null.
function nullable(string) {
  return string === null ? string : checked(string);
}

function functions() {
  return {
    cast: checked,
    test: (string) => (typeof string === "string" ? 1 : 0),
    length: (string) => checked(string).length,
    charCodeAt: (string, index) => {
      const at = indexIn(string, index);
      return string.charCodeAt(at);
    },
    codePointAt: (string, index) => {
      const at = indexIn(string, index);
      return string.codePointAt(at);
    },
    fromCharCode: (unit) => String.fromCharCode(unit),
    fromCodePoint: (point) => (point >>> 0 <= 0x10ffff ? String.fromCodePoint(point) : trap()),
    concat: (first, second) => checked(first) + checked(second),
    substring: (string, start, end) => {
      const [from, to] = [start >>> 0, end >>> 0];
      return from > to || from > checked(string).length ? checked(string).slice(0, 0) : string.substring(from, to);
    },
    equals: (first, second) => (nullable(first) === nullable(second) ? 1 : 0),
    compare: (first, second) => {
      const [left, right] = [checked(first), checked(second)];
      return left === right ? 0 : left < right ? -1 : 1;
    },
  };
}

// The functions that access arrays, if the engine has arrays. No program can import them from another engine.
function arrayFunctions() {
  const bytes = Uint8Array.from(atob(ARRAYS), (character) => character.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) {
    return {};
  }
  let view;
  const strings = {
    length: (string) => checked(string).length,
    read: (string, start, count) => {
      for (let index = 0; index < count; index += 1) {
        view.setUint16(2 * index, string.charCodeAt(start + index), true);
      }
    },
    append: (string, count) => {
      const units = Array.from({ length: count }, (_, index) => view.getUint16(2 * index, true));
      return (string ?? "") + String.fromCharCode(...units);
    },
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { strings });
  view = new DataView(exports.memory.buffer);
  const { intoCharCodeArray, fromCharCodeArray } = exports;
  return { intoCharCodeArray, fromCharCodeArray };
}
