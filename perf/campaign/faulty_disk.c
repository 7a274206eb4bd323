/* A disk that fails when it is told to: preloaded into a process, it counts what the process
 * does to files below one folder, and at one of these operations ends the process or fails it.
 *
 *   FAULTY_DISK       the folder; without it nothing is counted
 *   FAULTY_DISK_AT    the number, from 1, of the operation that is struck; 0: none
 *   FAULTY_DISK_DO    kill (before the operation), half (SIGKILL after half of a write's bytes; as
 *                     kill for all other operations) or fail (with FAULTY_DISK_ERRNO)
 *   FAULTY_DISK_ERRNO the error, by number (28: no space left, 5: input/output, 30: read-only)
 *   FAULTY_DISK_SKIP  operations on paths with this in them are not counted
 *   FAULTY_DISK_ROOM  bytes that the files of the folder may have together; a write that goes
 *                     beyond is cut short and the next one fails, as on a real disk; -1: no limit
 *   FAULTY_DISK_LOG   a file, elsewhere, to which each operation adds a line
 *
 * A process that is running already, and has it preloaded, sets all of that by faulty_disk_arm().
 * Counted are openings that make or empty a file, writes, truncations, renames, removals, new
 * folders and flushes. What the C library writes for a FILE by itself is not seen, nor what goes
 * through a memory map (SQLite's index of its log, which is made anew after a kill).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum action { KILL, HALF, FAIL };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX], skipped[64];
static size_t root_length;
static long count, struck, room = -1, used;
static enum action action;
static int failure = ENOSPC, log_fd = -1;

#define REAL(type, name, ...)                                        \
    static type (*real)(__VA_ARGS__);                                \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static int add_size(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)path, (void)place;
    if (kind == FTW_F) used += info->st_size;
    return 0;
}

void faulty_disk_arm(const char *folder, long at, const char *what, int error, long bytes,
                     const char *log, const char *skip)
{
    root_length = 0;
    count = used = 0;
    snprintf(skipped, sizeof skipped, "%s", skip ? skip : "");
    if (log_fd >= 0) close(log_fd);
    log_fd = log && *log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    struck = at, failure = error, room = bytes;
    action = !strcmp(what, "half") ? HALF : !strcmp(what, "fail") ? FAIL : KILL;
    if (!folder || !*folder || !realpath(folder, root)) return;
    nftw(root, add_size, 16, FTW_PHYS);
    root_length = strlen(root);
}

long faulty_disk_count(void) { return count; }

static const char *told(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

__attribute__((constructor)) static void begin(void)
{
    if (!getenv("FAULTY_DISK")) return;
    faulty_disk_arm(getenv("FAULTY_DISK"), atol(told("FAULTY_DISK_AT", "0")),
                    told("FAULTY_DISK_DO", "kill"), atoi(told("FAULTY_DISK_ERRNO", "28")),
                    atol(told("FAULTY_DISK_ROOM", "-1")), told("FAULTY_DISK_LOG", ""),
                    told("FAULTY_DISK_SKIP", ""));
}

/* ---- whether an operation is about the folder ---- */

static int below(const char *path)
{
    return root_length && !strncmp(path, root, root_length) &&
           (path[root_length] == '/' || !path[root_length]);
}

static int of_fd(int fd, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = 0;
    return n > 0 && below(path);
}

static int of_path(int folder, const char *name, char *path)
{
    if (!root_length) return 0;
    if (*name == '/') {
        snprintf(path, PATH_MAX, "%s", name);
        return below(path);
    }
    char base[PATH_MAX];
    if (folder == AT_FDCWD ? !getcwd(base, sizeof base) : (of_fd(folder, base), !*base)) return 0;
    if ((size_t)snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) return 0;
    return below(path);
}

/* ---- counting and striking ---- */

static void end(void)
{
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Count an operation; whether it fails now. With HALF a write ends by itself, see below. */
static int strikes(const char *name, const char *path, long bytes, int *half)
{
    *half = 0;
    if (*skipped && strstr(path + root_length, skipped)) return 0;
    long mine = ++count;
    if (log_fd >= 0) {
        char line[PATH_MAX + 64];
        int n = snprintf(line, sizeof line, "%ld %s %s %ld\n", mine, name, path + root_length, bytes);
        syscall(SYS_write, log_fd, line, n);
    }
    if (mine != struck) return 0;
    if (action == FAIL) {
        errno = failure;
        return 1;
    }
    if (action == HALF && bytes > 0) *half = 1;
    else end();
    return 0;
}

static int refused(const char *name, const char *path)
{
    int half;
    pthread_mutex_lock(&lock);
    int fails = strikes(name, path, 0, &half);
    pthread_mutex_unlock(&lock);
    return fails;
}

/* The same for what makes something: a full disk has no place for a name either. */
static int no_place(const char *name, const char *path)
{
    if (refused(name, path)) return 1;
    if (room < 0 || used < room) return 0;
    errno = ENOSPC;
    return 1;
}

static long size_of(const char *path)
{
    struct stat info;
    return lstat(path, &info) || !S_ISREG(info.st_mode) || info.st_nlink > 1 ? 0 : info.st_size;
}

static void freed(long bytes)
{
    pthread_mutex_lock(&lock);
    used -= bytes;
    pthread_mutex_unlock(&lock);
}

typedef ssize_t (*writer)(int fd, const void *bytes, size_t n, off_t at);

static ssize_t plain(int fd, const void *bytes, size_t n, off_t at)
{
    (void)at;
    return syscall(SYS_write, fd, bytes, n);
}

static ssize_t placed(int fd, const void *bytes, size_t n, off_t at)
{
    return syscall(SYS_pwrite64, fd, bytes, n, at);
}

/* A write, cut as the disk is full or the process is to end in the middle of it. */
static ssize_t put(const char *name, int fd, const void *bytes, size_t n, off_t at, writer write_)
{
    char path[PATH_MAX];
    if (!root_length || !of_fd(fd, path)) return write_(fd, bytes, n, at);
    pthread_mutex_lock(&lock);
    int half;
    ssize_t done = -1;
    struct stat info;
    if (strikes(name, path, n, &half)) goto out;
    fstat(fd, &info);
    off_t begins = at >= 0                                  ? at
                   : fcntl(fd, F_GETFL) & O_APPEND ? info.st_size
                                                   : lseek(fd, 0, SEEK_CUR);
    if (half) n = n / 2;
    long grows = (long)(begins + (off_t)n) - (long)info.st_size;
    if (room >= 0 && grows > 0 && used + grows > room) {
        long fits = (long)n - (used + grows - room);
        if (fits <= 0) {
            errno = ENOSPC;
            goto out;
        }
        n = fits;
    }
    done = write_(fd, bytes, n, at);
    if (done > 0 && begins + done > info.st_size) used += begins + done - info.st_size;
    if (half) end();
out:
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t n) { return put("write", fd, bytes, n, -1, plain); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { return put("pwrite", fd, b, n, at, placed); }
ssize_t pwrite64(int fd, const void *b, size_t n, off_t at) { return put("pwrite", fd, b, n, at, placed); }

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    REAL(ssize_t, writev, int, const struct iovec *, int);
    char path[PATH_MAX];
    if (!root_length || !of_fd(fd, path) || n < 1) return real(fd, parts, n);
    return put("writev", fd, parts[0].iov_base, parts[0].iov_len, -1, plain); /* may be short */
}

/* Copies within the kernel: said to be impossible, so that the caller writes. */
ssize_t sendfile(int to, int from, off_t *at, size_t n)
{
    REAL(ssize_t, sendfile, int, int, off_t *, size_t);
    char path[PATH_MAX];
    if (!root_length || !of_fd(to, path)) return real(to, from, at, n);
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile64(int to, int from, off_t *at, size_t n) { return sendfile(to, from, at, n); }

ssize_t copy_file_range(int from, off_t *a, int to, off_t *b, size_t n, unsigned flags)
{
    REAL(ssize_t, copy_file_range, int, off_t *, int, off_t *, size_t, unsigned);
    char path[PATH_MAX];
    if (!root_length || !of_fd(to, path)) return real(from, a, to, b, n, flags);
    errno = ENOSYS;
    return -1;
}

int posix_fallocate(int fd, off_t at, off_t n)
{
    REAL(int, posix_fallocate, int, off_t, off_t);
    char path[PATH_MAX];
    if (root_length && of_fd(fd, path)) return EOPNOTSUPP;
    return real(fd, at, n);
}
int posix_fallocate64(int fd, off_t at, off_t n) { return posix_fallocate(fd, at, n); }

/* ---- openings ---- */

static int opened(int folder, const char *name, int flags, mode_t mode)
{
    char path[PATH_MAX];
    long emptied = 0;
    if (of_path(folder, name, path)) {
        int is_new = (flags & O_CREAT) && faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW);
        if (is_new && no_place("create", path)) return -1;
        if (!is_new && (flags & O_TRUNC)) {
            if (refused("empty", path)) return -1;
            emptied = size_of(path);
        }
    }
    int fd = syscall(SYS_openat, folder, name, flags, mode);
    if (fd >= 0) freed(emptied);
    return fd;
}

#define MODE_OF(flags)                                     \
    mode_t mode = 0;                                       \
    if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
        va_list more;                                      \
        va_start(more, flags);                             \
        mode = va_arg(more, mode_t);                       \
        va_end(more);                                      \
    }

int open(const char *name, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE_OF(flags) return opened(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE_OF(flags) return opened(folder, name, flags, mode); }
int creat(const char *name, mode_t mode) { return opened(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, mode); }

/* ---- everything else that changes a folder ---- */

static int cut(int fd, off_t size)
{
    char path[PATH_MAX];
    struct stat info;
    if (!root_length || !of_fd(fd, path)) return syscall(SYS_ftruncate, fd, size);
    if (refused("truncate", path)) return -1;
    fstat(fd, &info);
    int result = syscall(SYS_ftruncate, fd, size);
    if (!result) freed(info.st_size > size ? info.st_size - size : 0); /* growing leaves a hole */
    return result;
}
int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off_t size) { return cut(fd, size); }

int truncate(const char *name, off_t size)
{
    char path[PATH_MAX];
    long bytes = 0;
    if (of_path(AT_FDCWD, name, path)) {
        if (refused("truncate", path)) return -1;
        bytes = size_of(path);
    }
    int result = syscall(SYS_truncate, name, size);
    if (!result) freed(bytes > size ? bytes - size : 0);
    return result;
}
int truncate64(const char *name, off_t size) { return truncate(name, size); }

static int moved(int from, const char *old, int to, const char *new, unsigned flags)
{
    char path[PATH_MAX], target[PATH_MAX];
    long replaced = 0;
    of_path(from, old, path);
    if (of_path(to, new, target)) {
        if (refused("rename", target)) return -1;
        replaced = size_of(target);
    }
    int result = syscall(SYS_renameat2, from, old, to, new, flags);
    if (!result) freed(replaced);
    return result;
}
int rename(const char *old, const char *new) { return moved(AT_FDCWD, old, AT_FDCWD, new, 0); }
int renameat(int from, const char *old, int to, const char *new) { return moved(from, old, to, new, 0); }
int renameat2(int from, const char *old, int to, const char *new, unsigned flags) { return moved(from, old, to, new, flags); }

static int removed(int folder, const char *name, int flags)
{
    char path[PATH_MAX];
    long bytes = 0;
    if (of_path(folder, name, path)) {
        if (refused("remove", path)) return -1;
        bytes = size_of(path);
    }
    int result = syscall(SYS_unlinkat, folder, name, flags);
    if (!result) freed(bytes);
    return result;
}
int unlink(const char *name) { return removed(AT_FDCWD, name, 0); }
int unlinkat(int folder, const char *name, int flags) { return removed(folder, name, flags); }
int rmdir(const char *name) { return removed(AT_FDCWD, name, AT_REMOVEDIR); }

static int made(int folder, const char *name, mode_t mode)
{
    char path[PATH_MAX];
    int is_new = of_path(folder, name, path) && faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW);
    if (is_new && no_place("mkdir", path)) return -1;
    return syscall(SYS_mkdirat, folder, name, mode);
}
int mkdir(const char *name, mode_t mode) { return made(AT_FDCWD, name, mode); }
int mkdirat(int folder, const char *name, mode_t mode) { return made(folder, name, mode); }

int link(const char *old, const char *new)
{
    char path[PATH_MAX];
    if (of_path(AT_FDCWD, new, path) && no_place("link", path)) return -1;
    return syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, 0);
}

int symlink(const char *old, const char *new)
{
    char path[PATH_MAX];
    if (of_path(AT_FDCWD, new, path) && no_place("link", path)) return -1;
    return syscall(SYS_symlinkat, old, AT_FDCWD, new);
}

static int flushed(int fd, long call)
{
    char path[PATH_MAX];
    if (root_length && of_fd(fd, path) && refused("flush", path)) return -1;
    return syscall(call, fd);
}
int fsync(int fd) { return flushed(fd, SYS_fsync); }
int fdatasync(int fd) { return flushed(fd, SYS_fdatasync); }
