/* Reads and writes where its user has to say which directory is meant. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "midimon.h"

MIDIMON_METADATA(
    "{\"name\":\"mounts\",\"version\":\"1.0.0\",\"capabilities\":["
    "{\"kind\":\"filesystem\",\"allow\":[\"/shared\",\"/music:ro\",\"/work\"],"
    "\"reason\":\"to play your music\"},"
    "{\"kind\":\"network\",\"allow\":[\"https://*.example.org\"],\"reason\":\"to ask for names\"},"
    "\"midi:out\"],"
    "\"actions\":[{\"id\":\"read-music\"},{\"id\":\"write-music\"},{\"id\":\"read-work\"},"
    "{\"id\":\"write-work\"},{\"id\":\"write-shared\"},{\"id\":\"write-own\"},{\"id\":\"usage\"}]}")

static int read_file(const char* path) {
  char text[64];
  char report[80];
  FILE* file = fopen(path, "r");
  if (file == NULL) return midimon_error(MIDIMON_FAILED, strerror(errno));
  if (fgets(text, sizeof text, file) == NULL) text[0] = '\0';
  fclose(file);
  snprintf(report, sizeof report, "\"%s\"", text);
  midimon_output(report);
  return MIDIMON_OK;
}

static int write_file(const char* path) {
  FILE* file = fopen(path, "w");
  if (file == NULL) return midimon_error(MIDIMON_FAILED, strerror(errno));
  fputs("written", file);
  return fclose(file) == 0 ? MIDIMON_OK : midimon_error(MIDIMON_FAILED, strerror(errno));
}

int midimon_execute(const char* request, size_t length) {
  char action[64];
  struct midimon_storage usage;
  if (!midimon_get_string(request, length, "action", action, sizeof action))
    return MIDIMON_BAD_JSON;
  if (strcmp(action, "read-music") == 0) return read_file("/music/song.txt");
  if (strcmp(action, "write-music") == 0) return write_file("/music/song.txt");
  if (strcmp(action, "read-work") == 0) return read_file("/work/song.txt");
  if (strcmp(action, "write-work") == 0) return write_file("/work/song.txt");
  if (strcmp(action, "write-shared") == 0) return write_file("/shared/from-mounts.txt");
  if (strcmp(action, "write-own") == 0) return write_file("/own.txt");
  return midimon_storage_usage(&usage) == 0 ? MIDIMON_OK
                                            : midimon_error(MIDIMON_FAILED, "not granted");
}
