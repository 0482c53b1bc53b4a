/* Makes fsync, write and pwrite fail now and then for files of one folder: loaded with LD_PRELOAD by a test.

   FAILING_FOLDER  part of the path of the files that may fail
   FAILING_CALL    "fsync" (and fdatasync) or "write" (and pwrite)
   FAILING_ERRNO   the number of the error
   FAILING_ONE_IN  one call in so many fails, by a generator with a fixed seed
   FAILING_WHILE   nothing fails unless this file exists; without the variable there is no such condition
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned long state = 88172645463325252UL;

static unsigned long next_number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int fails(int descriptor, const char *call)
{
    const char *folder = getenv("FAILING_FOLDER"), *wanted = getenv("FAILING_CALL"), *rate = getenv("FAILING_ONE_IN");
    char link[64], path[PATH_MAX];
    ssize_t length;

    if (folder == NULL || wanted == NULL || rate == NULL || strcmp(call, wanted) != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = '\0';
    if (strstr(path, folder) == NULL || strstr(path, "-shm") != NULL)
        return 0;
    if (getenv("FAILING_WHILE") != NULL && access(getenv("FAILING_WHILE"), F_OK) != 0)
        return 0;
    if (next_number() % strtoul(rate, NULL, 10) != 0)
        return 0;
    errno = atoi(getenv("FAILING_ERRNO"));
    return 1;
}

int fsync(int descriptor)
{
    static int (*real)(int);
    if (real == NULL)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return fails(descriptor, "fsync") ? -1 : real(descriptor);
}

int fdatasync(int descriptor)
{
    static int (*real)(int);
    if (real == NULL)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return fails(descriptor, "fsync") ? -1 : real(descriptor);
}

ssize_t write(int descriptor, const void *data, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (real == NULL)
        real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    return fails(descriptor, "write") ? -1 : real(descriptor, data, size);
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (real == NULL)
        real = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
    return fails(descriptor, "write") ? -1 : real(descriptor, data, size, offset);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (real == NULL)
        real = (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    return fails(descriptor, "write") ? -1 : real(descriptor, data, size, offset);
}
