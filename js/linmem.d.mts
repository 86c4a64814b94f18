// The types of linmem.mjs for programs that import it by its path: TypeScript looks for them here.

export * from "./linmem.js";
