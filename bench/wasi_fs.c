// What files cost: the same loops natively and under `midimon exec`; bench_fs.py compares them.
//
//   wasi_fs DIRECTORY [ROW...]    DIRECTORY is empty; of "." nothing is put before the names in it
//
// Prints "NAME NS" for each row, or for those named: nanoseconds per operation, the median of
// kRepetitions. A path is what a C program gives its library, so what wasi-libc does with it
// (finding the preopen it starts with) is part of the figure.
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { kRepetitions = 201, kEntries = 1000, kBlock = 64 * 1024, kMaxPath = 512 };

// How long one repetition should take: less than a scheduler's slice, so that other programs on the
// machine disturb some repetitions and leave the median alone.
static const int64_t kRepetitionNs = 1000 * 1000;

static char one[kMaxPath], three[kMaxPath], made[kMaxPath], moved[kMaxPath], kept[kMaxPath],
    many[kMaxPath];
static int file, appended;
static char block[kBlock];

static void expect(bool ok, const char* what) {
  if (ok) return;
  perror(what);
  exit(1);
}

static void put_path(char* to, const char* directory, const char* name) {
  const bool bare = strcmp(directory, ".") == 0;
  const bool slash = directory[strlen(directory) - 1] == '/';
  const int size =
      snprintf(to, kMaxPath, "%s%s%s", bare ? "" : directory, bare || slash ? "" : "/", name);
  expect(size < kMaxPath, "the directory's name is too long");
}

static int open_file(const char* path, int flags) {
  const int fd = open(path, flags, 0644);
  expect(fd >= 0, path);
  return fd;
}

static void fill(const char* path) {
  const int fd = open_file(path, O_CREAT | O_WRONLY);
  expect(write(fd, block, kBlock) == kBlock, "write");
  close(fd);
}

static void make_directory(const char* parent, const char* name, char* path) {
  put_path(path, parent, name);
  expect(mkdir(path, 0755) == 0, path);
}

static void prepare(const char* directory) {
  char outer[kMaxPath], inner[kMaxPath], entry[kMaxPath];
  put_path(one, directory, "one");
  put_path(made, directory, "made");
  put_path(moved, directory, "moved");
  put_path(kept, directory, "kept");
  make_directory(directory, "outer", outer);
  make_directory(outer, "inner", inner);
  put_path(three, inner, "three");
  make_directory(directory, "many", many);
  for (int i = 0; i < kEntries; ++i) {
    char name[32];
    snprintf(name, sizeof name, "entry-%04d.txt", i);
    put_path(entry, many, name);
    close(open_file(entry, O_CREAT | O_WRONLY));
  }
  fill(one);
  fill(three);
  put_path(entry, directory, "file");
  fill(entry);
  file = open_file(entry, O_RDWR);
  put_path(entry, directory, "appended");
  appended = open_file(entry, O_CREAT | O_WRONLY | O_APPEND);
}

// One row each: the operation, `count` times.

static void read_clock(int64_t count) {
  struct timespec now;
  while (count-- > 0)
    expect(clock_gettime(CLOCK_REALTIME, &now) == 0, "clock_gettime");
}

static void stat_file(int64_t count) {
  struct stat info;
  while (count-- > 0)
    expect(fstat(file, &info) == 0, "fstat");
}

static void stat_path(const char* path, int64_t count) {
  struct stat info;
  while (count-- > 0)
    expect(stat(path, &info) == 0, path);
}
static void stat_one(int64_t count) {
  stat_path(one, count);
}
static void stat_three(int64_t count) {
  stat_path(three, count);
}

static void read_file(ssize_t size, int64_t count) {
  while (count-- > 0)
    expect(pread(file, block, (size_t)size, 0) == size, "pread");
}
static void read_16(int64_t count) {
  read_file(16, count);
}
static void read_4k(int64_t count) {
  read_file(4096, count);
}
static void read_64k(int64_t count) {
  read_file(65536, count);
}

static void write_file(ssize_t size, int64_t count) {
  while (count-- > 0)
    expect(pwrite(file, block, (size_t)size, 0) == size, "pwrite");
}
static void write_16(int64_t count) {
  write_file(16, count);
}
static void write_4k(int64_t count) {
  write_file(4096, count);
}

static void append_16(int64_t count) {
  expect(ftruncate(appended, 0) == 0, "ftruncate");
  while (count-- > 0)
    expect(write(appended, block, 16) == 16, "write");
}

static void open_close(const char* path, int64_t count) {
  while (count-- > 0)
    expect(close(open_file(path, O_RDONLY)) == 0, "close");
}
static void open_one(int64_t count) {
  open_close(one, count);
}
static void open_three(int64_t count) {
  open_close(three, count);
}

static void create_unlink(int64_t count) {
  while (count-- > 0) {
    close(open_file(made, O_CREAT | O_EXCL | O_WRONLY));
    expect(unlink(made) == 0, "unlink");
  }
}

static void rename_file(int64_t count) {
  close(open_file(made, O_CREAT | O_WRONLY));
  for (int64_t i = 0; i < count; ++i)
    expect(i % 2 == 0 ? rename(made, moved) == 0 : rename(moved, made) == 0, "rename");
  unlink(count % 2 == 0 ? made : moved);
}

// As an editor saves: a reader sees the old file or the new one.
static void save(int64_t count) {
  while (count-- > 0) {
    const int fd = open_file(made, O_CREAT | O_WRONLY | O_TRUNC);
    expect(write(fd, block, 4096) == 4096, "write");
    expect(close(fd) == 0, "close");
    expect(rename(made, kept) == 0, "rename");
  }
}

static void read_directory(int64_t count) {
  while (count-- > 0) {
    DIR* directory = opendir(many);
    expect(directory != NULL, many);
    int entries = 0;
    while (readdir(directory) != NULL)
      ++entries;
    expect(entries == kEntries + 2, "readdir");
    closedir(directory);
  }
}

struct Row {
  const char* name;
  void (*run)(int64_t count);
};

static const struct Row kRows[] = {
    {"clock_gettime", read_clock},
    {"fstat", stat_file},
    {"pread-16", read_16},
    {"pread-4K", read_4k},
    {"pread-64K", read_64k},
    {"pwrite-16", write_16},
    {"pwrite-4K", write_4k},
    {"append-16", append_16},
    {"stat-1", stat_one},
    {"open-close-1", open_one},
    {"create-unlink", create_unlink},
    {"rename", rename_file},
    {"stat-3", stat_three},
    {"open-close-3", open_three},
    {"save-4K", save},
    {"readdir-1000", read_directory},
};

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t time_of(const struct Row* row, int64_t count) {
  const int64_t start = now_ns();
  row->run(count);
  return now_ns() - start;
}

// How many operations take about kRepetitionNs.
static int64_t choose_count(const struct Row* row) {
  int64_t count = 1;
  int64_t took = time_of(row, count);
  while (took < kRepetitionNs / 4) {
    count *= 2;
    took = time_of(row, count);
  }
  const int64_t chosen = count * kRepetitionNs / took;
  return chosen > 0 ? chosen : 1;
}

static int compare(const void* a, const void* b) {
  const double left = *(const double*)a, right = *(const double*)b;
  return (left > right) - (left < right);
}

static double measure(const struct Row* row) {
  double ns[kRepetitions];
  const int64_t count = choose_count(row);
  for (int i = 0; i < kRepetitions; ++i)
    ns[i] = (double)time_of(row, count) / (double)count;
  qsort(ns, kRepetitions, sizeof ns[0], compare);
  return ns[kRepetitions / 2];
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: wasi_fs DIRECTORY [ROW...]\n");
    return 2;
  }
  prepare(argv[1]);
  for (size_t i = 0; i < sizeof kRows / sizeof kRows[0]; ++i) {
    bool wanted = argc == 2;
    for (int j = 2; j < argc; ++j)
      wanted = wanted || strcmp(argv[j], kRows[i].name) == 0;
    if (!wanted) continue;
    printf("%s %.1f\n", kRows[i].name, measure(&kRows[i]));
    fflush(stdout);
  }
  return 0;
}
