#!/usr/bin/env bash
# Fetches the module that benches/link.rs links: esbuild, a JavaScript bundler, about 12 MB.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p target/bench
cd target/bench
npm pack esbuild-wasm@0.25.0 >/dev/null
tar xzf esbuild-wasm-0.25.0.tgz package/esbuild.wasm
ls -l package/esbuild.wasm
