/* What `midimon doctor --sandbox` runs in the sandbox: attempts to get out of it.
 *
 *   doctor_guest escape SECRET    SECRET is the host's path of a file outside the mount at fd 3.
 *                                 A line "NAME ERRNO" for each attempt; 0 means that it worked.
 *   doctor_guest loop | sleep | memory | files | environment
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { kRoot = 3 };

static volatile int sink;

static void say(const char* name, __wasi_errno_t error) {
  printf("%s %u\n", name, error);
}

static __wasi_errno_t open_at(const char* path, __wasi_lookupflags_t lookup, __wasi_oflags_t flags,
                              __wasi_rights_t rights) {
  __wasi_fd_t fd;
  const __wasi_errno_t error = __wasi_path_open(kRoot, lookup, path, flags, rights, rights, 0, &fd);
  if (error == 0) (void)__wasi_fd_close(fd);
  return error;
}

static __wasi_errno_t read_at(const char* path) {
  return open_at(path, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, 0, __WASI_RIGHTS_FD_READ);
}

static __wasi_errno_t write_at(const char* path) {
  return open_at(path, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC,
                 __WASI_RIGHTS_FD_WRITE);
}

static void escape(const char* secret) {
  __wasi_filestat_t stat;
  (void)__wasi_path_create_directory(kRoot, "dir");
  (void)__wasi_path_symlink("../outside", kRoot, "link");
  (void)__wasi_path_symlink("../outside/made", kRoot, "dangling");
  (void)__wasi_path_symlink("dir/../../outside", kRoot, "chain");
  say("read-parent", read_at("../outside/secret"));
  say("read-parent-of-directory", read_at("dir/../../outside/secret"));
  say("read-absolute", read_at(secret));
  say("read-own-link", read_at("link/secret"));
  say("read-own-link-with-slash", read_at("link/"));
  say("read-chain-of-links", read_at("chain/secret"));
  say("read-planted-relative-link", read_at("planted_relative"));
  say("read-planted-absolute-link", read_at("planted_absolute"));
  say("read-planted-proc-link", read_at("planted_proc/etc/passwd"));
  say("read-fifo", read_at("fifo"));
  say("open-parent", open_at("..", 0, __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR));
  say("stat-parent", __wasi_path_filestat_get(kRoot, 1, "../outside/secret", &stat));
  say("stat-through-link", __wasi_path_filestat_get(kRoot, 1, "link/secret", &stat));
  say("write-parent", write_at("../outside/secret"));
  say("write-through-link", write_at("link/secret"));
  say("create-through-dangling-link", write_at("dangling"));
  say("make-directory-outside", __wasi_path_create_directory(kRoot, "../outside/made"));
  say("make-directory-through-link", __wasi_path_create_directory(kRoot, "link/made"));
  say("unlink-outside", __wasi_path_unlink_file(kRoot, "link/secret"));
  say("rename-out", __wasi_path_rename(kRoot, "file", kRoot, "../outside/file"));
  say("rename-in", __wasi_path_rename(kRoot, "link/secret", kRoot, "mine"));
  say("link-in", __wasi_path_link(kRoot, 0, "../outside/secret", kRoot, "mine"));
  say("symlink-absolute", __wasi_path_symlink(secret, kRoot, "to_secret"));
  say("times-outside", __wasi_path_filestat_set_times(kRoot, 1, "link/secret", 1, 1, 5));
}

static void open_many(void) {
  __wasi_fd_t fd;
  __wasi_errno_t error = 0;
  int i;
  for (i = 0; i < 100000 && error == 0; ++i) {
    error = __wasi_path_open(kRoot, 0, "file", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd);
  }
  say("open-many-files", error);
}

static void take_memory(void) {
  for (;;) {
    char* memory = malloc(1 << 20);
    if (memory == NULL) break;
    memset(memory, 1, 1 << 20);
    sink += memory[4096]; /* so that none of it can be left out */
  }
  abort();
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  volatile unsigned n = 0;
  if (strcmp(what, "escape") == 0 && argc > 2) escape(argv[2]);
  if (strcmp(what, "files") == 0) open_many();
  if (strcmp(what, "memory") == 0) take_memory();
  if (strcmp(what, "environment") == 0) say("read-environment", getenv("PATH") == NULL ? 44 : 0);
  if (strcmp(what, "loop") == 0)
    for (;;)
      ++n;
  if (strcmp(what, "sleep") == 0) {
    const __wasi_subscription_t century = {
        .u = {.tag = __WASI_EVENTTYPE_CLOCK,
              .u = {.clock = {.id = __WASI_CLOCKID_MONOTONIC,
                              .timeout = 100ULL * 365 * 24 * 3600 * 1000000000}}}};
    __wasi_event_t event;
    __wasi_size_t count;
    (void)__wasi_poll_oneoff(&century, &event, 1, &count);
  }
  return 0;
}
