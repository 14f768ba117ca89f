/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
output_open(struct output *output, const char *name, char *error, size_t error_size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	*output = (struct output){.name = name, .created = fd >= 0};
	if (fd < 0 && errno == EEXIST)
		fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0)
		output->file = fdopen(fd, "w");
	if (output->file != NULL)
		return 0;
	snprintf(error, error_size, "%s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -EIO;
}

void
output_begin(struct output *output)
{
	struct stat status;
	int fd = fileno(output->file);

	/* A pipe or a device has nothing to lose. */
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && ftruncate(fd, 0) < 0)
		output->failed = errno;
}

int
output_close(struct output *output, char *error, size_t error_size)
{
	bool failed = ferror(output->file);

	if ((fclose(output->file) != 0 || failed) && output->failed == 0)
		output->failed = errno != 0 ? errno : EIO;
	output->file = NULL;
	if (output->failed == 0)
		return 0;
	snprintf(error, error_size, "%s: %s", output->name, strerror(output->failed));
	return -EIO;
}

void
output_discard(struct output *output)
{
	fclose(output->file);
	output->file = NULL;
	if (output->created)
		unlink(output->name);
}
