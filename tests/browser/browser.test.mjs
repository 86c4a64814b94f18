// The JavaScript side and its example in Chromium.

import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../node/linmem.mjs";
import { Chromium, findChromium } from "./chromium.mjs";
import { serve } from "./server.mjs";

const command = findChromium();
if (command === undefined && process.env.LINMEM_NO_SKIPS) {
  throw new Error("chromium is missing");
}
const options = { skip: command === undefined && "chromium is missing", timeout: 300_000 };

let server;
let browser;
before(async () => {
  server = await serve();
  browser = command && new Chromium(command);
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});

// Saves a picture to a temporary file, whose path LINMEM_PICTURES=1 prints; without it, the file is removed.
function keep(name, picture) {
  const path = join(tmpdir(), `linmem-${process.pid}-${name}.png`);
  writeFileSync(path, picture);
  if (process.env.LINMEM_PICTURES) {
    console.log(path);
  } else {
    rmSync(path);
  }
}

test("the tests of js/ pass in a page, and none is skipped", options, async () => {
  const files = readdirSync(join(root, "js", "test")).filter((file) => file.endsWith(".test.mjs"));
  assert.ok(files.length >= 5, `${files.length} files`);
  const query = new URLSearchParams(files.map((file) => ["file", file]));
  const page = await browser.open(`${server.address}/tests/browser/modules.html?${query}`);
  await page.until("window.results !== undefined");
  assert.equal(await page.evaluate("crossOriginIsolated"), true);
  const { passed, failed, skipped } = await page.evaluate("window.results");
  assert.deepEqual(failed, []);
  assert.deepEqual(skipped, []);
  assert.ok(passed.length >= 50, `${passed.length} tests passed`);
  console.log(`${passed.length} tests of js/ passed in the browser`);
});

// The values that the example calculates, and the lines that it shows.
function expected(x, y) {
  const value = (t) => Math.log(1 + t) * (Math.sin(x * t) + Math.cos(y * t));
  return Array.from({ length: 8 }, (_, index) => `${index}: ${value(index / 256).toFixed(6)}`);
}

for (const scheme of ["light", "dark"]) {
  test(`the page of host_memory shows what the program wrote, in the ${scheme} scheme`, options, async () => {
    const page = await browser.open(`${server.address}/examples/host_memory/index.html`);
    await page.colorScheme(scheme);
    assert.equal(await page.evaluate(`document.querySelector("#result").hidden`), true);
    await page.press("#run");
    const isDone = `["#result", "#error"].some((id) => !document.querySelector(id).hidden)`;
    await page.until(isDone);
    assert.equal(await page.evaluate(`document.querySelector("#error").textContent`), "");
    assert.equal(await page.evaluate(`document.querySelector("#bytes").innerText`), "2048 bytes");
    const lines = await page.evaluate(`Array.from(document.querySelectorAll("#values li"), (item) => item.innerText)`);
    assert.deepEqual(lines, expected(12, 34));
    const points = `document.querySelector("#curve").getAttribute("points").split(" ").length`;
    assert.equal(await page.evaluate(points), 256);
    const [text, card] = await page.evaluate(`["color", "backgroundColor"].map((name) =>
      getComputedStyle(document.querySelector(name === "color" ? "#bytes" : "#result"))[name])`);
    assert.ok(contrast(text, card) >= 7, `${text} on ${card}`);
    const isDark = luminance(card) < luminance(text);
    assert.equal(isDark, scheme === "dark");
    const picture = await page.screenshot();
    assert.deepEqual([...picture.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    keep(scheme, picture);
  });
}

test("the page of host_memory shows why the program cannot run", options, async () => {
  const page = await browser.open(`${server.address}/examples/host_memory/index.html`);
  await page.evaluate(`window.fetch = async () => new Response("", { status: 404, statusText: "Not Found" })`);
  await page.press("#run");
  await page.until(`!document.querySelector("#error").hidden`);
  const message = await page.evaluate(`document.querySelector("#error").innerText`);
  assert.match(message, /the module cannot be fetched/);
  assert.equal(await page.evaluate(`document.querySelector("#run").disabled`), false);
});

test("the server serves files of the repository only", async () => {
  for (const path of ["/..%2f..%2fetc/passwd", "/%2e%2e/x.html", "/Cargo.toml", "/js", "/js/missing.mjs", "/%"]) {
    const { status } = await fetch(server.address + path);
    assert.ok(status === 404 || status === 500, `${path}: ${status}`);
  }
  assert.equal((await fetch(`${server.address}/js/linmem.mjs`)).status, 200);
});

// The luminance of a color of the form rgb(r, g, b), and the contrast of two, as the Web Content Accessibility Guidelines define
// them.
function luminance(color) {
  const [r, g, b] = color.match(/\d+/g).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(first, second) {
  const [dark, light] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
