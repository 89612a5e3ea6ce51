/* Walks and changes a tree, and a file in place. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"

enum { kMaxDepth = 64, kRecord = 32 };

static size_t top_length; /* nftw's callbacks get nothing of ours */
static char kinds[512];
static int moved, removed;

static const char* below_top(const char* path) {
  const char* name = path + top_length;
  return *name == '/' ? name + 1 : name;
}

static int show(const char* path, const struct stat* status, int type, struct FTW* place) {
  char target[256];
  const char* name = below_top(path);
  if (place->level == 0) return 0;
  if (type == FTW_D) {
    printf("d %s\n", name);
  } else if (type == FTW_SL) {
    const ssize_t length = readlink(path, target, sizeof target);
    if (length < 0) return -1;
    printf("l %s -> %.*s\n", name, (int)length, target);
  } else {
    printf("f %lld %s\n", (long long)status->st_size, name);
  }
  return 0;
}

int walk(const char* directory) {
  top_length = strlen(directory) - (strcmp(directory, "/") == 0);
  return nftw(directory, show, kMaxDepth, FTW_PHYS) == 0 ? 0 : complain(directory);
}

/* Moves a file to kinds/EXTENSION/NAME; removes a directory, whose entries were seen before it. */
static int put_away(const char* path, const struct stat* status, int type, struct FTW* place) {
  char target[1024];
  const char* name = path + place->base;
  const char* dot = strrchr(name, '.');
  (void)status;
  if (place->level == 0 || strncmp(path, kinds, strlen(kinds)) == 0) return 0;
  if (type == FTW_DP) {
    ++removed;
    return rmdir(path);
  }
  snprintf(target, sizeof target, "%s/%s", kinds, dot != NULL ? dot + 1 : "none");
  if (mkdir(target, 0777) != 0 && errno != EEXIST) return -1;
  snprintf(target, sizeof target, "%s/%s/%s", kinds, dot != NULL ? dot + 1 : "none", name);
  ++moved;
  return rename(path, target);
}

int tidy(const char* directory) {
  snprintf(kinds, sizeof kinds, "%s/by-kind", strcmp(directory, "/") == 0 ? "" : directory);
  if (mkdir(kinds, 0777) != 0) return complain(kinds);
  if (nftw(directory, put_away, kMaxDepth, FTW_PHYS | FTW_DEPTH) != 0) return complain(directory);
  printf("moved %d, removed %d\n", moved, removed);
  return 0;
}

/* Reverses the order of the records of a file where they lie, cuts off what is no whole record, and
   appends one that says how many there are. */
int reverse_records(const char* name) {
  char low[kRecord], high[kRecord], last[kRecord + 1];
  FILE* file = fopen(name, "r+b");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return complain(name);
  const long count = ftell(file) / kRecord;
  for (long i = 0, j = count - 1; i < j; ++i, --j) {
    if (fseek(file, i * kRecord, SEEK_SET) != 0 || fread(low, kRecord, 1, file) != 1 ||
        fseek(file, j * kRecord, SEEK_SET) != 0 || fread(high, kRecord, 1, file) != 1 ||
        fseek(file, j * kRecord, SEEK_SET) != 0 || fwrite(low, kRecord, 1, file) != 1 ||
        fseek(file, i * kRecord, SEEK_SET) != 0 || fwrite(high, kRecord, 1, file) != 1) {
      return complain(name);
    }
  }
  if (fflush(file) != 0 || ftruncate(fileno(file), count * kRecord) != 0) return complain(name);
  fclose(file);
  snprintf(last, sizeof last, "%-31ld\n", count);
  file = fopen(name, "ab");
  if (file == NULL || fwrite(last, kRecord, 1, file) != 1) return complain(name);
  return fclose(file) == 0 ? 0 : complain(name);
}
