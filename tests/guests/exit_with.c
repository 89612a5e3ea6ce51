/* Ends as its argument says. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int deeper(int n) {
  volatile char frame[1024];
  if (n < 0) return 0;
  frame[0] = (char)n;
  return deeper(n + 1) + frame[0];
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "0";
  if (strcmp(how, "trap") == 0) __builtin_trap();
  if (strcmp(how, "recurse") == 0) return deeper(0);
  if (strcmp(how, "sleep") == 0) sleep(3600);
  if (strcmp(how, "hog") == 0)
    while (malloc(1 << 20) != NULL)
      continue;
  return atoi(how);
}
