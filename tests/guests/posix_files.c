/* What wasi-libc programs do with files, from inside; exits with the line that failed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                           \
  do {                                                                             \
    if (!(condition)) {                                                            \
      fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, strerror(errno)); \
      return 1;                                                                    \
    }                                                                              \
  } while (0)

static int count_entries(const char* path) {
  int count = 0;
  DIR* directory = opendir(path);
  if (directory == NULL) return -1;
  while (readdir(directory) != NULL)
    ++count;
  closedir(directory);
  return count;
}

static int check_files(void) {
  char text[64] = {0};
  struct stat status;
  FILE* file = fopen("/greeting.txt", "w");
  CHECK(file != NULL);
  CHECK(fputs("hello", file) >= 0 && fclose(file) == 0);
  file = fopen("/greeting.txt", "a+");
  CHECK(file != NULL);
  CHECK(fputs(", world", file) >= 0);
  CHECK(fseek(file, 7, SEEK_SET) == 0 && fread(text, 1, 5, file) == 5);
  CHECK(strcmp(text, "world") == 0 && fclose(file) == 0);
  CHECK(stat("/greeting.txt", &status) == 0 && status.st_size == 12 && S_ISREG(status.st_mode));
  CHECK(open("/missing", O_RDONLY) == -1 && errno == ENOENT);
  CHECK(open("/greeting.txt", O_CREAT | O_EXCL | O_WRONLY, 0666) == -1 && errno == EEXIST);
  return 0;
}

static int check_names(void) {
  char target[32] = {0};
  int i;
  CHECK(mkdir("/dir", 0777) == 0);
  CHECK(mkdir("/dir", 0777) == -1 && errno == EEXIST);
  for (i = 0; i < 300; ++i) {
    char name[32];
    int fd;
    snprintf(name, sizeof name, "/dir/file-%03d", i);
    fd = open(name, O_CREAT | O_WRONLY, 0666);
    CHECK(fd >= 0 && close(fd) == 0);
  }
  CHECK(count_entries("/dir") == 302); /* with . and .. */
  CHECK(rmdir("/dir") == -1 && errno == ENOTEMPTY);
  CHECK(rename("/dir/file-000", "/moved") == 0);
  CHECK(access("/dir/file-000", F_OK) == -1 && access("/moved", F_OK) == 0);
  CHECK(unlink("/moved") == 0 && unlink("/moved") == -1 && errno == ENOENT);
  CHECK(symlink("greeting.txt", "/link") == 0);
  CHECK(readlink("/link", target, sizeof target - 1) == 12 && strcmp(target, "greeting.txt") == 0);
  CHECK(open("/../outside", O_CREAT | O_WRONLY, 0666) == -1);
  for (i = 1; i < 300; ++i) {
    char name[32];
    snprintf(name, sizeof name, "/dir/file-%03d", i);
    CHECK(unlink(name) == 0);
  }
  CHECK(rmdir("/dir") == 0);
  return 0;
}

static int check_clocks_and_random(void) {
  struct timespec before, after, wait = {0, 2000000};
  unsigned char a[16], b[16];
  CHECK(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
  CHECK(nanosleep(&wait, NULL) == 0);
  CHECK(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
  CHECK((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= 2000000);
  CHECK(time(NULL) > 1600000000);
  CHECK(getentropy(a, sizeof a) == 0 && getentropy(b, sizeof b) == 0);
  CHECK(memcmp(a, b, sizeof a) != 0);
  return 0;
}

int main(void) {
  if (check_files() || check_names() || check_clocks_and_random()) return 1;
  puts("all is well");
  return 0;
}
