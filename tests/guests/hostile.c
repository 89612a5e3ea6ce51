/* Misbehaves as the action says. What it manages to do it reports in its output. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"hostile\",\"version\":\"1.0.0\",\"description\":\"Misbehaves as it is told\","
    "\"author\":\"midimon\",\"license\":\"Apache-2.0\",\"type\":\"action\","
    "\"capabilities\":[{\"kind\":\"filesystem\",\"allow\":[\"/shared\"],\"reason\":\"to break "
    "out\"}],"
    "\"actions\":[{\"id\":\"escape\"},{\"id\":\"loop\"},{\"id\":\"hog\"},{\"id\":\"sleep\"},"
    "{\"id\":\"recurse\"},{\"id\":\"crash\"},{\"id\":\"flood\"},{\"id\":\"exit\"},{\"id\":"
    "\"write\"},"
    "{\"id\":\"list\"},{\"id\":\"shared\"},{\"id\":\"calls\"},{\"id\":\"abort\"},{\"id\":\"fill\"},"
    "{\"id\":"
    "\"usage\"},{\"id\":\"search\"},{\"id\":\"steal\"}]}")

static volatile int sink;

static int try_escape(void) {
  static const char* const paths[] = {"../escape",
                                      "/../escape",
                                      "a/../../escape",
                                      "/etc/passwd",
                                      "//etc/passwd",
                                      "../../../../etc/passwd",
                                      "/proc/self/root/etc/passwd",
                                      "link_out/passwd"};
  char report[512] = "{\"escaped\":[";
  size_t i;
  int escaped = 0;
  mkdir("a", 0777);
  symlink("../../../../../../etc", "link_out");
  for (i = 0; i < sizeof paths / sizeof *paths; ++i) {
    const int fd = open(paths[i], O_RDONLY);
    if (fd < 0) continue;
    if (escaped++) strcat(report, ",");
    strcat(report, "\"");
    strcat(report, paths[i]);
    strcat(report, "\"");
    close(fd);
  }
  strcat(report, "]}");
  midimon_output(report);
  return escaped ? midimon_error(MIDIMON_FAILED, "broke out") : MIDIMON_OK;
}

static int recurse(int depth) {
  volatile char frame[256];
  if (depth < 0) return 0;
  frame[0] = (char)depth;
  return recurse(depth + 1) + frame[0];
}

static int hog(void) {
  for (;;) {
    char* memory = malloc(1 << 20);
    if (memory == NULL) abort();
    memset(memory, 1, 1 << 20);
    sink += memory[4096];
  }
}

static int write_file(const char* path, const char* text) {
  FILE* file = fopen(path, "w");
  if (file == NULL) return midimon_error(MIDIMON_FAILED, strerror(errno));
  fputs(text, file);
  return fclose(file) == 0 ? MIDIMON_OK : MIDIMON_FAILED;
}

/* Renames and links between its own directory, a neighbour's and the shared one; says how each
 * failed. */
static int steal(void) {
  static const char* const moves[][2] = {
      {"../another/file.txt", "mine"},   {"/../another/file.txt", "/mine"},
      {"to_another/file.txt", "mine"},   {"file.txt", "to_another/theirs"},
      {"/file.txt", "/shared/file.txt"}, {"/shared/common", "/mine"},
      {"/shared/../file.txt", "/mine"}};
  char report[256] = "[";
  size_t i;
  symlink("../another", "to_another");
  write_file("/file.txt", "mine");
  write_file("/shared/common", "ours");
  for (i = 0; i < sizeof moves / sizeof *moves; ++i) {
    const int renamed = rename(moves[i][0], moves[i][1]) == 0 ? 0 : errno;
    const int linked = link(moves[i][0], moves[i][1]) == 0 ? 0 : errno;
    snprintf(report + strlen(report), sizeof report - strlen(report), "%s[%d,%d]", i ? "," : "",
             renamed, linked);
  }
  strcat(report, "]");
  midimon_output(report);
  return MIDIMON_OK;
}

static int list_root(void) {
  char report[1024] = "[";
  DIR* directory = opendir("/");
  const struct dirent* entry;
  if (directory == NULL) return midimon_error(MIDIMON_FAILED, strerror(errno));
  while ((entry = readdir(directory)) != NULL) {
    if (report[1] != '\0') strcat(report, ",");
    strcat(report, "\"");
    strncat(report, entry->d_name, 100);
    strcat(report, "\"");
  }
  closedir(directory);
  strcat(report, "]");
  midimon_output(report);
  return MIDIMON_OK;
}

/* Writes until there is no room: one file, then many. */
static int fill_up(void) {
  char report[64], name[16];
  int fd = open("big", O_CREAT | O_WRONLY | O_APPEND, 0666);
  int files = 0;
  static char block[4096];
  while (write(fd, block, sizeof block) > 0)
    ;
  const int why = errno;
  close(fd);
  unlink("big");
  for (;; ++files) {
    snprintf(name, sizeof name, "f%d", files);
    fd = open(name, O_CREAT | O_WRONLY, 0666);
    if (fd < 0) break;
    close(fd);
  }
  snprintf(report, sizeof report, "{\"write\":%d,\"create\":%d,\"files\":%d}", why, errno, files);
  midimon_output(report);
  return MIDIMON_OK;
}

static int tell_usage(void) {
  struct midimon_storage usage = {0};
  char report[160];
  const uint32_t answer = midimon_storage_usage(&usage);
  snprintf(report, sizeof report, "[%u,%llu,%llu,%llu,%llu]", (unsigned)answer,
           (unsigned long long)usage.used_bytes, (unsigned long long)usage.allowed_bytes,
           (unsigned long long)usage.used_entries, (unsigned long long)usage.allowed_entries);
  midimon_output(report);
  return MIDIMON_OK;
}

/* Looks for everything of midimon's own that a plugin might find from where it stands. */
static int search(void) {
  static const char* const wanted[] = {"/.lock",          "/locks",
                                       "../locks",        "../../locks",
                                       "../hostile.lock", "/ledger",
                                       "../../state",     "../../../state",
                                       "../../cache",     "../../../cache/aot",
                                       "../../config",    "hostile.wasm",
                                       "/hostile.wasm",   "../hostile.wasm",
                                       "../../plugins",   "../../../plugins",
                                       "/shared/../..",   "../other/file.txt"};
  char report[512] = "[";
  struct stat info;
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i) {
    if (stat(wanted[i], &info) != 0) continue;
    strcat(report, report[1] == '\0' ? "\"" : ",\"");
    strcat(strcat(report, wanted[i]), "\"");
  }
  strcat(report, "]");
  midimon_output(report);
  return MIDIMON_OK;
}

int midimon_execute(const char* request, size_t length) {
  char action[64];
  int i;
  if (!midimon_get_string(request, length, "action", action, sizeof action))
    return MIDIMON_BAD_JSON;
  if (strcmp(action, "escape") == 0) return try_escape();
  if (strcmp(action, "steal") == 0) return steal();
  if (strcmp(action, "loop") == 0)
    for (;;)
      ++sink;
  if (strcmp(action, "hog") == 0) return hog();
  if (strcmp(action, "sleep") == 0) return (int)sleep(3600UL * 24 * 365 * 100);
  if (strcmp(action, "recurse") == 0) return recurse(0);
  if (strcmp(action, "crash") == 0) return *(volatile int*)0xFFFFFFF0U;
  if (strcmp(action, "abort") == 0) abort();
  if (strcmp(action, "flood") == 0)
    for (i = 0; i < 100000; ++i)
      puts("all work and no play makes jack a dull boy");
  if (strcmp(action, "exit") == 0) exit(42);
  if (strcmp(action, "write") == 0) return write_file("/file.txt", "hello");
  if (strcmp(action, "list") == 0) return list_root();
  if (strcmp(action, "shared") == 0) return write_file("/shared/from-hostile.txt", "hello");
  if (strcmp(action, "fill") == 0) return fill_up();
  if (strcmp(action, "usage") == 0) return tell_usage();
  if (strcmp(action, "search") == 0) return search();
  if (strcmp(action, "calls") == 0)
    for (;;) {
      struct timespec now;
      clock_gettime(CLOCK_MONOTONIC, &now);
    }
  return MIDIMON_OK;
}
