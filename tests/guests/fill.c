/* Appends to the file it is told until that fails, and says how far it came and why it ended. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char** argv) {
  static char block[1000];
  long total = 0;
  const int fd = open(argc > 1 ? argv[1] : "/big", O_CREAT | O_WRONLY, 0666);
  if (fd < 0) return puts(strerror(errno)) < 0;
  for (;;) {
    const ssize_t put = write(fd, block, sizeof block);
    if (put < 0) break;
    total += put;
  }
  printf("%ld bytes, then %s\n", total, strerror(errno));
  return 0;
}
