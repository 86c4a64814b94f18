// A static server for the files of the repository, which also links programs: a `.wasm` file that has a `.wat` file beside it,
// and the texts that tests post.

import { createServer } from "node:http";
import { existsSync, readFileSync, statSync } from "node:fs";
import { extname, join, normalize, sep } from "node:path";
import { link, linkText, root } from "../node/linmem.mjs";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".ts": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".wat": "text/plain; charset=utf-8",
};

// Pages with these headers can share memories between threads.
const ISOLATED = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

// The bytes at a path of the repository; `undefined` if there are none.
function read(path) {
  const file = normalize(join(root, path));
  if (!file.startsWith(root + sep) || TYPES[extname(file)] === undefined) {
    return undefined;
  }
  const text = file.replace(/\.wasm$/, ".wat");
  if (text !== file && existsSync(text)) {
    return link(text, "--on-violation", "report");
  }
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined;
}

async function linked(request) {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  const { text, options } = JSON.parse(Buffer.concat(parts).toString());
  return linkText(text, ...options);
}

// Starts a server on a free port of this machine: its address, and a function that stops it.
export async function serve() {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://127.0.0.1");
    try {
      const isLink = request.method === "POST" && pathname === "/link";
      const bytes = isLink ? await linked(request) : read(decodeURIComponent(pathname));
      const type = isLink ? TYPES[".wasm"] : TYPES[extname(pathname)];
      response.writeHead(bytes === undefined ? 404 : 200, { ...ISOLATED, ...(bytes && { "Content-Type": type }) });
      response.end(bytes);
    } catch (error) {
      response.writeHead(500, ISOLATED);
      response.end(String(error.stderr ?? error));
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { address: `http://127.0.0.1:${server.address().port}`, stop };
}
