// A guest in AssemblyScript, whose runtime is exported. A text is an object of the collector, in UTF-16; the four bytes before it
// are its size.

export function greet(name: string): string {
  return `Hello from AssemblyScript, ${name}!`;
}

// Allocates and drops objects, so that the collector runs.
export function churn(rounds: i32): i32 {
  let kept = new Array<string>();
  for (let round = 0; round < rounds; round++) {
    kept.push(round.toString().padStart(100));
    if (kept.length == 100) kept = new Array<string>();
  }
  return kept.length;
}
