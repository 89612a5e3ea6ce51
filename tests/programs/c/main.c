/* What tests/programs/README.md asks of every program, in C over wasi-libc: stdio, nftw, qsort. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

int complain(const char* what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  return 1;
}

static int reach(int count, char** paths) {
  for (int i = 0; i < count; ++i) {
    FILE* file = fopen(paths[i], "rb");
    printf("%s: %s\n", paths[i], file == NULL ? "refused" : "open");
    if (file != NULL) fclose(file);
  }
  return 0;
}

int main(int argc, char** argv) {
  const char* command = argc > 2 ? argv[1] : "";
  if (strcmp(command, "sort") == 0 && argc == 4) return sort_lines(argv[2], argv[3]);
  if (strcmp(command, "walk") == 0) return walk(argv[2]);
  if (strcmp(command, "tidy") == 0) return tidy(argv[2]);
  if (strcmp(command, "reach") == 0) return reach(argc - 2, argv + 2);
  if (strcmp(command, "records") == 0) return reverse_records(argv[2]);
  fprintf(stderr, "usage: sort IN OUT | walk DIR | tidy DIR | reach PATH... | records FILE\n");
  return 2;
}
