// A guest in C, with the allocator of wasi-libc. Texts end with a NUL; the caller frees the one that is returned.

#include <stdlib.h>
#include <string.h>

__attribute__((export_name("greet"))) char *greet(const char *name) {
  static const char start[] = "Hello from C, ";
  size_t length = strlen(name);
  char *text = malloc(sizeof start + length + 1);
  if (text) {
    memcpy(text, start, sizeof start - 1);
    memcpy(text + sizeof start - 1, name, length);
    memcpy(text + sizeof start - 1 + length, "!", 2);
  }
  return text;
}
