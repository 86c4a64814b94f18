import assert from "node:assert/strict";
import { test } from "node:test";
import * as linmem from "../linmem.mjs";

test("utf8Size is the size of the encoded text", () => {
  const parts = ["", "a", "é", "€", "🦀", "\uD800", "\uDC00", "\uD800a", "\uDC00\uD800", "\0", "\uFFFF"];
  for (const first of parts) {
    for (const second of parts) {
      const text = first + second;
      assert.equal(linmem.utf8Size(text), new TextEncoder().encode(text).length, JSON.stringify(text));
    }
  }
});
