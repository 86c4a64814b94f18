// Checks that deny.toml allows the licence of every package in the lock file. The input is the output of `cargo metadata`.

import { readFileSync } from "node:fs";

const rules = readFileSync(new URL("../deny.toml", import.meta.url), "utf8");
const list = /^\[licenses\][^[]*^allow = \[([^\]]*)\]/m.exec(rules);
if (!list) throw new Error("deny.toml has no list of licences");
const allowed = new Set([...list[1].matchAll(/"([^"]+)"/g)].map((match) => match[1]));

// Whether an SPDX expression is satisfied by allowed licences. A slash is the old form of OR.
function isAllowed(expression) {
  const tokens = expression.replaceAll("/", " OR ").match(/[()]|[^\s()]+/g) ?? [];
  const either = () => {
    let result = both();
    while (tokens[0] === "OR") {
      tokens.shift();
      result = both() || result;
    }
    return result;
  };
  const both = () => {
    let result = one();
    while (tokens[0] === "AND") {
      tokens.shift();
      result = one() && result;
    }
    return result;
  };
  const one = () => {
    let name = tokens.shift();
    if (name === "(") {
      const result = either();
      return tokens.shift() === ")" && result;
    }
    if (tokens[0] === "WITH") name += ` ${tokens.splice(0, 2).join(" ")}`;
    return allowed.has(name);
  };
  return either() && tokens.length === 0;
}

for (const [expression, expected] of [
  ["MIT OR GPL-3.0", true],
  ["MIT AND GPL-3.0", false],
  ["(GPL-3.0 OR MIT) AND Apache-2.0", true],
  ["GPL-3.0/MIT", true],
  ["GPL-3.0 WITH LLVM-exception", false],
  ["", false],
]) {
  if (isAllowed(expression) !== expected) throw new Error(`the check of licences is wrong for "${expression}"`);
}

const { packages } = JSON.parse(readFileSync(0, "utf8"));
const refused = packages.filter(({ license }) => !isAllowed(license ?? ""));
for (const { name, version, license } of refused) {
  console.error(`${name} ${version}: deny.toml does not allow the licence ${license ?? "(none)"}`);
}
if (packages.length < 100) throw new Error("the list of packages is too short");
process.exitCode = refused.length === 0 ? 0 : 1;
