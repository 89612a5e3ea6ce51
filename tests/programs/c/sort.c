/* Sorts the lines of a file by their bytes: sorted runs of bounded size in files, then one merge.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "program.h"

enum { kRunBytes = 512 * 1024, kMaxRuns = 64 };

struct line {
  char* text; /* with its newline */
  size_t length;
};

struct run {
  FILE* file;
  struct line front;
  size_t room;
};

static int compare(const void* left, const void* right) {
  const struct line* a = left;
  const struct line* b = right;
  const size_t shorter = a->length < b->length ? a->length : b->length;
  const int order = memcmp(a->text, b->text, shorter);
  if (order != 0) return order;
  return (a->length > b->length) - (a->length < b->length);
}

/* Reads lines of about kRunBytes; returns how many there are. */
static size_t read_lines(FILE* in, struct line** lines) {
  size_t count = 0, room = 0, bytes = 0, allocated = 0;
  ssize_t length;
  char* text = NULL;
  *lines = NULL;
  while (bytes < kRunBytes && (length = getline(&text, &allocated, in)) > 0) {
    if (count == room) {
      room = room == 0 ? 1024 : room * 2;
      *lines = realloc(*lines, room * sizeof **lines);
      if (*lines == NULL) abort();
    }
    (*lines)[count++] = (struct line){text, (size_t)length};
    bytes += (size_t)length;
    text = NULL;
    allocated = 0;
  }
  free(text);
  return count;
}

/* Sorts the next lines of `in` into a file without a name; NULL at the end or on failure. */
static FILE* write_run(FILE* in, const char* scratch) {
  struct line* lines;
  const size_t count = read_lines(in, &lines);
  FILE* out = count == 0 ? NULL : fopen(scratch, "w+b");
  if (count > 0) qsort(lines, count, sizeof *lines, compare);
  for (size_t i = 0; i < count; ++i) {
    if (out != NULL) fwrite(lines[i].text, 1, lines[i].length, out);
    free(lines[i].text);
  }
  free(lines);
  if (out == NULL) return NULL;
  rewind(out);
  return unlink(scratch) == 0 ? out : NULL;
}

static void advance(struct run* run) {
  const ssize_t length = getline(&run->front.text, &run->room, run->file);
  run->front.length = length > 0 ? (size_t)length : 0;
}

static void merge(struct run* runs, size_t count, FILE* out) {
  for (size_t i = 0; i < count; ++i)
    advance(&runs[i]);
  for (;;) {
    struct run* least = NULL;
    for (size_t i = 0; i < count; ++i) {
      if (runs[i].front.length == 0) continue;
      if (least == NULL || compare(&runs[i].front, &least->front) < 0) least = &runs[i];
    }
    if (least == NULL) return;
    fwrite(least->front.text, 1, least->front.length, out);
    advance(least);
  }
}

int sort_lines(const char* input, const char* output) {
  char partial[512], scratch[512];
  struct run runs[kMaxRuns] = {{0}};
  size_t count = 0;
  snprintf(partial, sizeof partial, "%s.part", output);
  snprintf(scratch, sizeof scratch, "%s.run", output);
  FILE* in = fopen(input, "rb");
  if (in == NULL) return complain(input);
  while (count < kMaxRuns && (runs[count].file = write_run(in, scratch)) != NULL)
    ++count;
  if (ferror(in) || !feof(in)) return complain(scratch);
  fclose(in);
  FILE* out = fopen(partial, "wb");
  if (out == NULL) return complain(partial);
  merge(runs, count, out);
  if (ferror(out) || fclose(out) != 0) return complain(partial);
  return rename(partial, output) == 0 ? 0 : complain(output);
}
