/* Prints its arguments and environment, and copies stdin to stdout. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  int i, c;
  for (i = 1; i < argc; ++i)
    printf("arg %s\n", argv[i]);
  if (getenv("GREETING")) printf("env %s\n", getenv("GREETING"));
  while ((c = getchar()) != EOF)
    putchar(c);
  fprintf(stderr, "done\n");
  return 0;
}
