// Chromium without a window, driven by its DevTools protocol over two pipes.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

// The command of an installed browser; `undefined` if there is none.
export function findChromium() {
  return NAMES.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}

// The time in milliseconds after which a command that has no answer fails.
const PATIENCE = 60_000;

export class Chromium {
  #process;
  #profile;
  #number = 0;
  #pending = new Map();
  #ended;

  // The sandbox needs privileges that containers lack. The pages that are opened are those of this repository.
  constructor(command) {
    this.#profile = mkdtempSync(join(tmpdir(), "linmem-chromium-"));
    const profile = `--user-data-dir=${this.#profile}`;
    const plain = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    const options = [...plain, "--window-size=800,800", "--remote-debugging-pipe", profile, "about:blank"];
    this.#process = spawn(command, options, {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    const [, , , , output] = this.#process.stdio;
    let received = Buffer.alloc(0);
    output.on("data", (data) => {
      received = Buffer.concat([received, data]);
      // Each message ends with a zero byte.
      for (let end = received.indexOf(0); end !== -1; end = received.indexOf(0)) {
        this.#receive(JSON.parse(received.subarray(0, end).toString()));
        received = received.subarray(end + 1);
      }
    });
    this.#process.stdio[3].on("error", () => {});
    this.#ended = new Promise((resolve) => {
      const end = (what) => {
        this.#pending.forEach(({ reject }) => reject(new Error(`the browser ended: ${what}`)));
        this.#pending.clear();
        resolve();
      };
      this.#process.on("error", end);
      this.#process.on("exit", (status, signal) => end(status ?? signal));
    });
  }

  // Sends a command, and returns its result.
  send(method, params = {}, sessionId = undefined) {
    this.#number += 1;
    const id = this.#number;
    this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new Error(`${method} has no answer`));
      }, PATIENCE);
      const settle = (end) => (value) => {
        clearTimeout(timer);
        end(value);
      };
      this.#pending.set(id, { resolve: settle(resolve), reject: settle(reject), method });
    });
  }

  #receive({ id, result, error }) {
    const { resolve, reject, method } = this.#pending.get(id) ?? {};
    this.#pending.delete(id);
    if (error) {
      reject?.(new Error(`${method}: ${error.message}`));
    } else {
      resolve?.(result);
    }
  }

  // Opens a page.
  async open(url) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId));
    await page.send("Page.enable");
    await page.send("Page.navigate", { url });
    await page.until(`document.readyState === "complete" && location.href === ${JSON.stringify(url)}`);
    return page;
  }

  async stop() {
    this.send("Browser.close").catch(() => this.#process.kill());
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 5_000);
    await this.#ended;
    clearTimeout(timer);
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

class Page {
  constructor(send) {
    this.send = send;
  }

  // The value of an expression, or that of the promise that it gives.
  async evaluate(expression) {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", options);
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  // Waits until an expression is true.
  async until(expression) {
    for (const end = Date.now() + PATIENCE; !(await this.evaluate(expression)); ) {
      if (Date.now() > end) {
        throw new Error(`the page does not reach: ${expression}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  // Presses and releases the mouse on the middle of an element.
  async press(selector) {
    const middle = `(() => {
      const { left, top, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
      return { x: left + width / 2, y: top + height / 2 };
    })()`;
    const place = { ...(await this.evaluate(middle)), button: "left", clickCount: 1 };
    await this.send("Input.dispatchMouseEvent", { type: "mousePressed", ...place });
    await this.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...place });
  }

  async colorScheme(value) {
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
  }

  // A picture of the page as a PNG.
  async screenshot() {
    return Buffer.from((await this.send("Page.captureScreenshot", { format: "png" })).data, "base64");
  }
}
