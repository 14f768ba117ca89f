/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_flags.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>
#include <rte_byteorder.h>
#include <rte_common.h>

#define ITEM_BYTES 64
#define SECOND_US UINT64_C(1000000)

static bool set(struct packetdrill_flags *flags, const char *key, const char *value);
static bool set_word(struct packetdrill_flags *flags, const char *key, const char *value,
		     bool *known);
static bool set_number(struct packetdrill_flags *flags, const char *key, const char *value);
static bool parse_choice(const char *text, const char *yes, const char *no, bool *choice);
static bool parse_ecn(const char *text, enum tcp_ecn *ecn);
static bool parse_congestion(const char *text, char *name, size_t size);
static bool parse_number(const char *text, uint64_t max, uint64_t *number);

int
packetdrill_flags_parse(const char *text, struct packetdrill_flags *flags, char wrong[ITEM_BYTES])
{
	char item[ITEM_BYTES];
	char *value;
	size_t len;

	*flags = (struct packetdrill_flags){
		.nagle = true,
		.timestamps = true,
		.local = tr_addr_ipv4(RTE_BE32(0xc0a80002)),
		.gateway = tr_addr_ipv4(RTE_BE32(0xc0a80001)),
		.mtu = 1500,
		.receive_bytes = UINT16_MAX,
		.send_bytes = 262144,
		.time_wait_us = 60 * SECOND_US,
		.congestion = "cubic",
		.ecn = TCP_ECN_ACCEPT,
		.keepalive_idle_us = 7200 * SECOND_US,
		.keepalive_interval_us = 75 * SECOND_US,
		.keepalive_probes = 9,
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
	/* The default is of the other kind, and no way from here. */
	if (tr_addr_is_ipv4(&flags->local) != tr_addr_is_ipv4(&flags->gateway))
		flags->gateway = tr_addr_none();
	return 0;
}

static bool
set(struct packetdrill_flags *flags, const char *key, const char *value)
{
	bool known = true;
	bool done = set_word(flags, key, value, &known);

	return known ? done : set_number(flags, key, value);
}

static bool
set_word(struct packetdrill_flags *flags, const char *key, const char *value, bool *known)
{
	if (strcmp(key, "options") == 0)
		return parse_choice(value, "freebsd", "linux", &flags->freebsd);
	if (strcmp(key, "habits") == 0)
		return parse_choice(value, "linux", "own", &flags->linux_habits);
	if (strcmp(key, "nagle") == 0)
		return parse_choice(value, "on", "off", &flags->nagle);
	if (strcmp(key, "timestamps") == 0)
		return parse_choice(value, "on", "off", &flags->timestamps);
	if (strcmp(key, "ecn") == 0)
		return parse_ecn(value, &flags->ecn);
	if (strcmp(key, "congestion") == 0)
		return parse_congestion(value, flags->congestion, sizeof(flags->congestion));
	if (strcmp(key, "local") == 0)
		return tr_addr_parse(value, &flags->local);
	if (strcmp(key, "gateway") == 0)
		return tr_addr_parse(value, &flags->gateway);
	*known = false;
	return false;
}

static bool
set_number(struct packetdrill_flags *flags, const char *key, const char *value)
{
	uint64_t number;

	if (!parse_number(value, UINT32_MAX / 2, &number))
		return false;
	if (strcmp(key, "mtu") == 0 && number <= UINT16_MAX)
		flags->mtu = number;
	else if (strcmp(key, "rcvbuf") == 0)
		flags->receive_bytes = number;
	else if (strcmp(key, "sndbuf") == 0)
		flags->send_bytes = number;
	else if (strcmp(key, "time_wait") == 0)
		flags->time_wait_us = number * SECOND_US;
	else if (strcmp(key, "keepalive") == 0)
		flags->keepalive_idle_us = number * SECOND_US;
	else if (strcmp(key, "keepalive_interval") == 0)
		flags->keepalive_interval_us = number * SECOND_US;
	else if (strcmp(key, "keepalive_probes") == 0 && number <= UINT8_MAX)
		flags->keepalive_probes = number;
	else
		return false;
	return true;
}

static bool
parse_choice(const char *text, const char *yes, const char *no, bool *choice)
{
	*choice = strcmp(text, yes) == 0;
	return *choice || strcmp(text, no) == 0;
}

static bool
parse_ecn(const char *text, enum tcp_ecn *ecn)
{
	static const char *const names[] = {
		[TCP_ECN_ACCEPT] = "accept",
		[TCP_ECN_REQUEST] = "request",
		[TCP_ECN_OFF] = "off",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ecn = i;
			return true;
		}
	}
	return false;
}

static bool
parse_congestion(const char *text, char *name, size_t size)
{
	return *text != '\0' && tcp_congestion_is_known(text) && strlcpy(name, text, size) < size;
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
