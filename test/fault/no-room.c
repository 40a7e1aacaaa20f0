/*
 * Loaded into a program (LD_PRELOAD), makes its disk full for files whose path holds "outbox.sqlite": the writes from
 * number NO_ROOM_FROM on, NO_ROOM_COUNT of them, or all while the file NO_ROOM_WHILE exists, fail with ENOSPC. Or ends it
 * with SIGKILL in the middle of the write number KILLED_AT, of which half reaches the file.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long written = 0;

static int is_ours(int fd) {
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return strstr(path, "outbox.sqlite") != NULL;
}

static int has_no_room(int fd) {
  const char *from = getenv("NO_ROOM_FROM");
  const char *count = getenv("NO_ROOM_COUNT");
  const char *flag = getenv("NO_ROOM_WHILE");
  if (fd < 3 || !is_ours(fd)) return 0;
  if (flag != NULL && access(flag, F_OK) == 0) return 1;
  written += 1;
  if (from == NULL || count == NULL) return 0;
  return written >= atol(from) && written < atol(from) + atol(count);
}

static int is_killed(void) {
  const char *at = getenv("KILLED_AT");
  return at != NULL && written == atol(at);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  static ssize_t (*real)(int, const void *, size_t) = NULL;
  if (real == NULL) real = dlsym(RTLD_NEXT, "write");
  if (has_no_room(fd)) { errno = ENOSPC; return -1; }
  if (fd > 2 && is_killed() && is_ours(fd)) { real(fd, bytes, length / 2); kill(getpid(), SIGKILL); }
  return real(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
  static ssize_t (*real)(int, const void *, size_t, off_t) = NULL;
  if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite");
  if (has_no_room(fd)) { errno = ENOSPC; return -1; }
  if (fd > 2 && is_killed() && is_ours(fd)) { real(fd, bytes, length / 2, at); kill(getpid(), SIGKILL); }
  return real(fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  static ssize_t (*real)(int, const void *, size_t, off64_t) = NULL;
  if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite64");
  if (has_no_room(fd)) { errno = ENOSPC; return -1; }
  if (fd > 2 && is_killed() && is_ours(fd)) { real(fd, bytes, length / 2, at); kill(getpid(), SIGKILL); }
  return real(fd, bytes, length, at);
}
