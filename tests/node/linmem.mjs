// What the tests have in common: linking with the binary, and running on the WASI of Node.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, openSync, closeSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { WASI } from "node:wasi";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export const binary = process.env.LINMEM ?? join(root, "target", "debug", "linmem");

// Links a module from a file.
export function link(path, ...options) {
  return execFileSync(binary, ["link", ...options, path, "-o", "-"], { maxBuffer: 1 << 28 });
}

// Links a module from text.
export function linkText(text, ...options) {
  return execFileSync(binary, ["link", ...options, "-", "-o", "-"], { input: text, maxBuffer: 1 << 28 });
}

// Prints the linked module of a text as text.
export function printText(text, ...options) {
  return execFileSync(binary, ["print", ...options, "-"], { input: text, maxBuffer: 1 << 28, encoding: "utf8" });
}

// Runs a file by `linmem run`: its standard output, standard error and exit status.
export function runHere(path, args, { input = "", folder, options = [] } = {}) {
  const directories = folder ? ["--dir", `${folder}::.`] : [];
  const ran = spawnSync(binary, ["run", ...options, ...directories, path, ...args], { input, maxBuffer: 1 << 28 });
  return { stdout: ran.stdout, stderr: ran.stderr, status: ran.status };
}

// Makes a folder with the files that the test files of WASI expect: see testing/src/folder.rs.
export function world(directories = ["/"]) {
  const folder = mkdtempSync(join(tmpdir(), "linmem-"));
  mkdirSync(join(folder, "sub"));
  writeFileSync(join(folder, "hello.txt"), "Hello, file!\n");
  writeFileSync(join(folder, "sub", "inner.txt"), "inner");
  symlinkSync("hello.txt", join(folder, "link"));
  const preopens = {};
  directories.forEach((name, index) => {
    const path = index === 0 ? folder : join(folder, `${index + 1}`);
    if (index > 0) {
      mkdirSync(path);
      writeFileSync(join(path, "which.txt"), name);
    }
    preopens[name] = path;
  });
  return { folder, preopens, remove: () => rmSync(folder, { recursive: true }) };
}

// Instantiates a module on the WASI of Node.
export async function instantiate(bytes, { args = [], env = {}, preopens = {}, stdin = 0, stdout = 1, stderr = 2 } = {}) {
  const wasi = new WASI({ version: "preview1", args, env, preopens, stdin, stdout, stderr, returnOnExit: true });
  const { instance } = await WebAssembly.instantiate(bytes, wasi.getImportObject());
  return { wasi, instance };
}

// Runs a command on the WASI of Node.
export async function runOnNode(bytes, name, args, { input = "", folder } = {}) {
  const scratch = mkdtempSync(join(tmpdir(), "linmem-"));
  const path = (file) => join(scratch, file);
  writeFileSync(path("in"), input);
  const files = [openSync(path("in"), "r"), openSync(path("out"), "w"), openSync(path("err"), "w")];
  const preopens = folder ? { ".": folder } : {};
  try {
    const [stdin, stdout, stderr] = files;
    const { wasi, instance } = await instantiate(bytes, { args: [name, ...args], preopens, stdin, stdout, stderr });
    const status = wasi.start(instance);
    return { stdout: readFileSync(path("out")), stderr: readFileSync(path("err")), status };
  } finally {
    files.forEach((file) => closeSync(file));
    rmSync(scratch, { recursive: true });
  }
}
