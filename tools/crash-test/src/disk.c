/*
 * A disk that loses unsynced data, and that fails, between SQLite and the C library (`LD_PRELOAD`).
 *
 * For the database and its log it keeps copies that survive a power loss, as `data.db-durable` and
 * `data.db-wal-durable`: the contents at the last sync of the file. It kills the process at a given
 * crash point, and fails while the file `data.db-fault` says how. It reads
 *
 *   DISK_FILE    the path of the database
 *   DISK_MOMENT  the crash point, such as `sync:3` for the third sync; see `moments`
 *   DISK_LIES    set if the disk reports syncs without doing them
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum moment { WRITE, SYNC, SYNCED, ANSWER, CHECKPOINT, CHECKPOINTED, RESTART, SAY, NEVER };

static const char *const moments[NEVER] = {
	"write",        /* before a write to the log, in the middle of a transaction */
	"sync",         /* before the log is synced: everything is written, nothing is durable */
	"synced",       /* after the log is synced: everything is durable, no reply was sent */
	"answer",       /* before the first bytes are sent on a socket after that */
	"checkpoint",   /* before a write to the database itself */
	"checkpointed", /* after the database is synced, before the log may restart */
	"restart",      /* before the first write to a log that restarts */
	"say",          /* before bytes are sent on a socket */
};

enum file { UNKNOWN, OTHER, DATABASE, LOG, INDEX, FILES };

static const char *const names[FILES] = { [DATABASE] = "", [LOG] = "-wal", [INDEX] = "-shm" };

struct range {
	off_t at;
	size_t length;
};

/*
 * The ranges that this process wrote to a file since its last sync. Ranges that an earlier process
 * wrote without a sync count as dropped: after a failed write-back a kernel marks pages clean, and
 * no later sync writes them.
 */
static struct {
	struct range *ranges;
	size_t many, room;
} dirty[FILES];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char paths[FILES][PATH_MAX], durable[FILES][PATH_MAX + 16], fault[PATH_MAX + 16];
static unsigned char files[1 << 16]; /* by descriptor */
static enum moment moment = NEVER;
static long remaining;
static volatile int is_answer_next;
static int lies;

static void need(int is_well)
{
	if (!is_well)
		abort();
}

__attribute__((constructor)) static void start(void)
{
	const char *file = getenv("DISK_FILE"), *at = getenv("DISK_MOMENT");
	if (!file)
		return;
	lies = getenv("DISK_LIES") != NULL;
	snprintf(fault, sizeof fault, "%s-fault", file);
	for (int i = DATABASE; i < FILES; i++) {
		snprintf(paths[i], sizeof paths[i], "%s%s", file, names[i]);
		snprintf(durable[i], sizeof durable[i], "%s-durable", paths[i]);
	}
	const char *number = at ? strchr(at, ':') : NULL;
	for (int i = 0; number && i < NEVER; i++)
		if (strlen(moments[i]) == (size_t)(number - at) && !strncmp(at, moments[i], number - at))
			moment = i;
	need(!at || moment != NEVER);
	remaining = number ? atol(number + 1) : 0;
}

static enum file file_of(int fd)
{
	if (!*paths[DATABASE] || fd < 0 || fd >= (int)sizeof files)
		return OTHER;
	if (files[fd] == UNKNOWN) {
		char link[32], path[PATH_MAX];
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		ssize_t length = readlink(link, path, sizeof path - 1);
		path[length < 0 ? 0 : length] = 0;
		enum file file = OTHER;
		for (int i = DATABASE; i < FILES; i++)
			if (!strcmp(path, paths[i]))
				file = i;
		files[fd] = file;
	}
	return files[fd];
}

/* Kills the process at this point. No other thread continues, because the lock is held. */
static void passing(enum moment now)
{
	if (now != moment || --remaining > 0)
		return;
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static int is_failing(const char *how)
{
	char word[16] = "";
	int fd = open(fault, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t length = read(fd, word, sizeof word - 1);
	syscall(SYS_close, fd);
	return length > 0 && !strcmp(word, how);
}

/*
 * Returns how many bytes can be written at `at`; if none, sets `errno`. A full disk keeps its data
 * and the rest of the last block.
 */
static ssize_t room(int fd, off_t at, size_t length)
{
	struct stat now;
	if (is_failing("readonly")) {
		errno = EROFS;
		return -1;
	}
	if (!is_failing("full"))
		return length;
	need(!fstat(fd, &now));
	off_t end = (now.st_size + 4095) / 4096 * 4096;
	if (at >= end) {
		errno = ENOSPC;
		return -1;
	}
	return at + (off_t)length > end ? end - at : (ssize_t)length;
}

static void note(enum file file, off_t at, size_t length)
{
	if (dirty[file].many == dirty[file].room) {
		dirty[file].room = 2 * dirty[file].room + 64;
		dirty[file].ranges = realloc(dirty[file].ranges, dirty[file].room * sizeof(struct range));
		need(dirty[file].ranges != NULL);
	}
	dirty[file].ranges[dirty[file].many++] = (struct range){ at, length };
}

static void forget(enum file file)
{
	dirty[file].many = 0;
}

static void copy(int from, int to, off_t at, size_t length)
{
	char bytes[1 << 16];
	while (length) {
		ssize_t some = pread(from, bytes, length < sizeof bytes ? length : sizeof bytes, at);
		if (!some)
			return;
		need(some > 0 && syscall(SYS_pwrite64, to, bytes, some, at) == some);
		at += some;
		length -= some;
	}
}

/* Marks the earlier writes as durable. */
static void keep(enum file file)
{
	struct stat now;
	int from = open(paths[file], O_RDONLY | O_CLOEXEC);
	int to = open(durable[file], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	need(from >= 0 && to >= 0 && !fstat(from, &now));
	for (size_t i = 0; i < dirty[file].many; i++)
		copy(from, to, dirty[file].ranges[i].at, dirty[file].ranges[i].length);
	need(!syscall(SYS_ftruncate, to, now.st_size));
	syscall(SYS_close, from);
	syscall(SYS_close, to);
	forget(file);
}

static int synced(int fd, long number)
{
	enum file file = file_of(fd);
	if (file != LOG && file != DATABASE)
		return syscall(number, fd);
	pthread_mutex_lock(&lock);
	int done = 0;
	if (file == LOG)
		passing(SYNC);
	if (is_failing("syncs")) {
		/* A kernel reports the error once. It marks the failed pages clean and may drop them. */
		forget(file);
		errno = EIO;
		done = -1;
	} else if (!lies) {
		keep(file);
	}
	if (!done)
		passing(file == LOG ? SYNCED : CHECKPOINTED);
	if (!done && file == LOG && moment == ANSWER && --remaining <= 0)
		is_answer_next = 1;
	pthread_mutex_unlock(&lock);
	return done;
}

static ssize_t written(int fd, enum file file, const void *bytes, size_t length, off_t at)
{
	pthread_mutex_lock(&lock);
	if (file == LOG && at == 0)
		passing(RESTART);
	if (file != INDEX)
		passing(file == LOG ? WRITE : CHECKPOINT);
	ssize_t done = room(fd, at, length);
	if (done > 0)
		done = syscall(SYS_pwrite64, fd, bytes, done, at);
	if (done > 0)
		note(file, at, done);
	pthread_mutex_unlock(&lock);
	return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	enum file file = file_of(fd);
	return file == OTHER ? syscall(SYS_pwrite64, fd, bytes, length, at) : written(fd, file, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
	return pwrite64(fd, bytes, length, at);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	enum file file = file_of(fd);
	if (file == OTHER)
		return syscall(SYS_write, fd, bytes, length);
	ssize_t done = written(fd, file, bytes, length, lseek(fd, 0, SEEK_CUR));
	if (done > 0)
		lseek(fd, done, SEEK_CUR);
	return done;
}

int ftruncate64(int fd, off64_t length)
{
	if (file_of(fd) != OTHER && is_failing("readonly")) {
		errno = EROFS;
		return -1;
	}
	return syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length)
{
	return ftruncate64(fd, length);
}

int fsync(int fd)
{
	return synced(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return synced(fd, SYS_fdatasync);
}

static void sending(void)
{
	if (moment != SAY && !is_answer_next)
		return;
	pthread_mutex_lock(&lock);
	passing(moment == SAY ? SAY : ANSWER);
	pthread_mutex_unlock(&lock);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	sending();
	return syscall(SYS_sendto, fd, bytes, length, flags, NULL, 0);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	sending();
	return syscall(SYS_writev, fd, parts, count);
}

int close(int fd)
{
	if (fd >= 0 && fd < (int)sizeof files)
		files[fd] = UNKNOWN;
	return syscall(SYS_close, fd);
}
