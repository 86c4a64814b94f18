// Prints a line through the raw fd_write: text, iovec and count are segments of a region.
import * as linmem from "./linmem";

export function _start(): void {
  const line = "Hello, world!\n";
  const region = linmem.open();
  const text = linmem.allocate(region, line.length);
  const iovec = linmem.allocate(region, 8);
  const written = linmem.allocate(region, 4);
  linmem.put(text, line);
  linmem.setInt(iovec, 0, linmem.address(text));
  linmem.setInt(iovec, 4, line.length);
  const errno = linmem.fdWrite(1, linmem.address(iovec), 1, linmem.address(written));
  if (errno || linmem.getInt(written, 0) != line.length) unreachable();
  linmem.close(region);
}
