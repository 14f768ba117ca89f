/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A file that grows by records while the server runs, and the thread that writes them: no core
 * waits for the disk, and the prompt only for what is not written yet when it ends one, and not for
 * long. A file that cannot grow any more ends with the last records that it took whole.
 *
 * Threads: the prompt's, and the main thread when no core runs any more; writer_wrote() and the
 * function that writes are the thread's.
 */
#ifndef WRITER_H
#define WRITER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

/** A file; its owner may read fd and path. */
struct writer {
	char *path;
	int fd;
	pthread_t thread;
	/* Writes what waits, some of it: returns how many records it took; 0: there were none. */
	unsigned int (*write)(struct writer *writer, void *arg);
	void *arg;
	atomic_bool end; /* nothing is added any more */
	/* Written by the thread. */
	_Atomic uint64_t records; /* in the file */
	_Atomic uint64_t bytes; /* of the file */
	_Atomic uint64_t unwritten; /* records, since the error */
	atomic_int error; /* errno: it cannot be written any more; 0: it goes on */
};

/**
 * Create a file, for its owner alone to read; one that exists is left alone.
 *
 * @param error
 *   On failure: one line that says why.
 * @param error_size
 *   Bytes of @p error.
 * @return
 *   0 or -errno.
 */
int writer_open(struct writer *writer, const char *path, char *error, size_t error_size);

/**
 * Start the thread, which calls @p write again and again until writer_finish().
 *
 * @param name
 *   The thread's, 15 characters at most.
 * @param write
 *   Writes what waits.
 * @param arg
 *   For @p write.
 * @return
 *   0 or -errno.
 */
int writer_start(struct writer *writer, const char *name,
		 unsigned int (*write)(struct writer *writer, void *arg), void *arg);

/**
 * Count what was written, or could not be: then what there is of these records is cut off.
 *
 * @param records
 *   How many.
 * @param bytes
 *   How long they are together.
 * @param written
 *   How much of it was written, or less than 0 with errno.
 */
void writer_wrote(struct writer *writer, unsigned int records, size_t bytes, ssize_t written);

/**
 * Nothing is added any more: let the thread write what waits, and end it.
 *
 * @return
 *   0, or -EINPROGRESS: it still writes after two seconds. Finish it again, or end it.
 */
int writer_finish(struct writer *writer);

/** The same, however long it takes. */
void writer_end(struct writer *writer);

/** Close the file. */
void writer_close(struct writer *writer);

/** Close the file, and remove it. */
void writer_remove(struct writer *writer);

#endif /* WRITER_H */
