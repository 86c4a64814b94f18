// Times on V8, as ratios within one run. Run it with the newest Node: see docs/arrays.md.

import { arrays } from "./arrays.mjs";
import { programs } from "./programs.mjs";
import { arraysOfText, strings } from "./text.mjs";

const all = { arrays, text: arraysOfText, strings, programs };
console.log(`Node ${process.version}, V8 ${process.versions.v8}`);
for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(all)) {
  all[name]();
}
