/* Writes, renames, truncates and deletes for ever, and wants more room than it has. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void name_of(char* name, unsigned number) {
  snprintf(name, 16, "f%u", number % 60);
}

int main(void) {
  static char block[100000];
  char name[16], other[16];
  unsigned seed = 1;
  unlink("mark"); /* says that it runs */
  for (;;) {
    seed = seed * 1103515245 + 12345;
    const unsigned number = seed >> 16;
    name_of(name, number);
    name_of(other, number / 60);
    const int fd = open(name, O_CREAT | O_WRONLY | (number % 3 == 0 ? O_APPEND : 0), 0666);
    if (fd >= 0) {
      (void)!write(fd, block, number % sizeof block);
      if (number % 5 == 0) (void)!ftruncate(fd, number % 50000);
      close(fd);
    }
    if (number % 4 == 0) rename(name, other);
    if (number % 7 == 0) unlink(other);
  }
}
