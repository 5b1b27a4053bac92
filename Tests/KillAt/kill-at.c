// Kills the process that it is loaded into (LD_PRELOAD) at the entry of the n-th call of a kind, counted over all threads:
// KILL_CALL names the kind, KILL_AT is n. For `scripts/storm --every-call`. Strace counts by thread, so it never reaches
// the calls of a thread that is behind another one: those of the queue's writer, which comes after the opening.
//
// Only calls through the C library's own names are seen, which those of SQLite, Foundation and SwiftNIO are. Of the calls
// that open a file only those count that may make one.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *kind;
static int number;
static atomic_int count;

__attribute__((constructor)) static void read_environment(void) {
  const char *at = getenv("KILL_AT");
  kind = getenv("KILL_CALL");
  number = at ? atoi(at) : 0;
}

static void enter(const char *call) {
  if (kind && strcmp(call, kind) == 0 && atomic_fetch_add(&count, 1) + 1 == number) kill(getpid(), SIGKILL);
}

#define CALL(result, name, call, parameters, arguments)                  \
  result name parameters {                                               \
    static result(*next) parameters;                                     \
    if (!next) next = (result(*) parameters)dlsym(RTLD_NEXT, #name);     \
    enter(call);                                                         \
    return next arguments;                                               \
  }

CALL(ssize_t, write, "write", (int file, const void *bytes, size_t size), (file, bytes, size))
CALL(ssize_t, writev, "writev", (int file, const struct iovec *parts, int most), (file, parts, most))
CALL(ssize_t, pwrite, "pwrite64", (int file, const void *bytes, size_t size, off_t at), (file, bytes, size, at))
CALL(ssize_t, pwrite64, "pwrite64", (int file, const void *bytes, size_t size, off64_t at), (file, bytes, size, at))
CALL(int, ftruncate, "ftruncate", (int file, off_t size), (file, size))
CALL(int, ftruncate64, "ftruncate", (int file, off64_t size), (file, size))
CALL(int, fallocate, "fallocate", (int file, int mode, off_t at, off_t size), (file, mode, at, size))
CALL(int, fsync, "fsync", (int file), (file))
CALL(int, fdatasync, "fdatasync", (int file), (file))
CALL(int, rename, "rename", (const char *from, const char *to), (from, to))
CALL(int, renameat, "renameat", (int in, const char *from, int at, const char *to), (in, from, at, to))
CALL(int, renameat2, "renameat2", (int in, const char *from, int at, const char *to, unsigned int flags),
     (in, from, at, to, flags))
CALL(int, unlink, "unlink", (const char *path), (path))
CALL(int, unlinkat, "unlinkat", (int in, const char *path, int flags), (in, path, flags))
CALL(int, link, "link", (const char *from, const char *to), (from, to))
CALL(int, linkat, "linkat", (int in, const char *from, int at, const char *to, int flags), (in, from, at, to, flags))
CALL(int, symlink, "symlink", (const char *to, const char *path), (to, path))
CALL(int, symlinkat, "symlinkat", (const char *to, int in, const char *path), (to, in, path))
CALL(int, mkdir, "mkdir", (const char *path, mode_t mode), (path, mode))
CALL(int, mkdirat, "mkdirat", (int in, const char *path, mode_t mode), (in, path, mode))
CALL(int, rmdir, "rmdir", (const char *path), (path))
CALL(int, chmod, "chmod", (const char *path, mode_t mode), (path, mode))
CALL(int, fchmod, "fchmod", (int file, mode_t mode), (file, mode))
CALL(int, fchmodat, "fchmodat", (int in, const char *path, mode_t mode, int flags), (in, path, mode, flags))
CALL(int, flock, "flock", (int file, int operation), (file, operation))
CALL(ssize_t, send, "sendto", (int file, const void *bytes, size_t size, int flags), (file, bytes, size, flags))
CALL(ssize_t, sendmsg, "sendmsg", (int file, const struct msghdr *message, int flags), (file, message, flags))

// Those with an argument that is not always there.
#define OPTIONAL(type, name, last) \
  va_list rest;                    \
  va_start(rest, last);            \
  type name = va_arg(rest, type);  \
  va_end(rest)

#define OPEN(name)                                                                            \
  int name(const char *path, int flags, ...) {                                                \
    static int (*next)(const char *, int, ...);                                               \
    if (!next) next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);               \
    OPTIONAL(mode_t, mode, flags);                                                            \
    if (flags & O_CREAT) enter("openat");                                                     \
    return next(path, flags, mode);                                                           \
  }

#define OPENAT(name)                                                                          \
  int name(int in, const char *path, int flags, ...) {                                        \
    static int (*next)(int, const char *, int, ...);                                          \
    if (!next) next = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, #name);          \
    OPTIONAL(mode_t, mode, flags);                                                            \
    if (flags & O_CREAT) enter("openat");                                                     \
    return next(in, path, flags, mode);                                                       \
  }

#define FCNTL(name)                                                                           \
  int name(int file, int command, ...) {                                                      \
    static int (*next)(int, int, ...);                                                        \
    if (!next) next = (int (*)(int, int, ...))dlsym(RTLD_NEXT, #name);                        \
    OPTIONAL(void *, argument, command);                                                      \
    enter("fcntl");                                                                           \
    return next(file, command, argument);                                                     \
  }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
FCNTL(fcntl)
FCNTL(fcntl64)
