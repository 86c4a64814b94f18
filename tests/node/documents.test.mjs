// The programs in the documents for hosts in JavaScript print what the documents say.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { binary, root } from "./linmem.mjs";

// The first block of code in a language after a heading.
function block(text, heading, language) {
  const section = text.slice(text.indexOf(`\n${heading}\n`));
  const found = new RegExp(`\n\`\`\`${language}\n([^]*?)\`\`\`\n`).exec(section);
  assert.ok(found, `${heading} has no block ${language}`);
  return found[1];
}

// Links and runs a program and its host in an empty folder: what the host prints.
function run(name, program, command, host) {
  const folder = mkdtempSync(join(tmpdir(), "linmem-"));
  try {
    writeFileSync(join(folder, `${name}.wat`), program);
    writeFileSync(join(folder, "main.mjs"), host);
    symlinkSync(join(root, "js"), join(folder, "js"));
    const [first, ...words] = command.trim().split(" ");
    assert.equal(first, "linmem");
    execFileSync(binary, words, { cwd: folder });
    return execFileSync(process.execPath, ["main.mjs"], { cwd: folder, encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("docs/javascript.md", () => {
  const text = readFileSync(join(root, "docs", "javascript.md"), "utf8");
  const part = (language) => block(text, "## A first program", language);
  assert.equal(run("count", part("wat"), part("sh"), part("js")), part("text"));
});

test("README.md", () => {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const part = (language) => block(text, "## From JavaScript", language);
  const [, command] = /`(linmem link [^`]*text\.wasm)`/.exec(text);
  const [, expected] = /\/\/ prints (.*)/.exec(part("js"));
  assert.equal(run("text", part("wat"), command, part("js")), `${expected}\n`);
});
