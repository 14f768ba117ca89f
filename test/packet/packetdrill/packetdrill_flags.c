/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_flags.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <bsd/string.h>
#include <rte_common.h>

#define ITEM_BYTES 64

static bool set(struct packetdrill_flags *flags, const char *key, const char *value);
static bool set_options(struct packetdrill_flags *flags, const char *value);
static bool parse_number(const char *text, uint64_t max, uint64_t *number);

int
packetdrill_flags_parse(const char *text, struct packetdrill_flags *flags, char wrong[ITEM_BYTES])
{
	char item[ITEM_BYTES];
	char *value;
	size_t len;

	*flags = (struct packetdrill_flags){
		.local = rte_cpu_to_be_32(0xc0a80002),
		.gateway = rte_cpu_to_be_32(0xc0a80001),
		.mtu = 1500,
		.receive_bytes = UINT16_MAX,
		.send_bytes = 262144,
		.time_wait_us = UINT64_C(60000000),
	};
	for (; text != NULL && *text != '\0'; text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		strlcpy(item, text, RTE_MIN(len + 1, sizeof(item)));
		strlcpy(wrong, item, ITEM_BYTES);
		value = strchr(item, '=');
		if (value == NULL)
			return -EINVAL;
		*value++ = '\0';
		if (!set(flags, item, value))
			return -EINVAL;
	}
	return 0;
}

static bool
set(struct packetdrill_flags *flags, const char *key, const char *value)
{
	uint64_t number = 0;

	if (strcmp(key, "options") == 0)
		return set_options(flags, value);
	if (strcmp(key, "local") == 0)
		return inet_pton(AF_INET, value, &flags->local) == 1;
	if (strcmp(key, "gateway") == 0)
		return inet_pton(AF_INET, value, &flags->gateway) == 1;
	if (strcmp(key, "mtu") == 0) {
		if (!parse_number(value, UINT16_MAX, &number))
			return false;
		flags->mtu = number;
	} else if (strcmp(key, "rcvbuf") == 0) {
		if (!parse_number(value, UINT32_MAX / 2, &number))
			return false;
		flags->receive_bytes = number;
	} else if (strcmp(key, "sndbuf") == 0) {
		if (!parse_number(value, UINT32_MAX / 2, &number))
			return false;
		flags->send_bytes = number;
	} else if (strcmp(key, "time_wait") == 0) {
		if (!parse_number(value, UINT16_MAX, &number))
			return false;
		flags->time_wait_us = number * 1000000;
	} else {
		return false;
	}
	return true;
}

static bool
set_options(struct packetdrill_flags *flags, const char *value)
{
	flags->freebsd = strcmp(value, "freebsd") == 0;
	return flags->freebsd || strcmp(value, "linux") == 0;
}

static bool
parse_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *number <= max && *number > 0;
}
