/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <string.h>

#include <rte_common.h>

#include "load_protocol.h"

/* Follows a value. */
#define TAIL "\r\nEND\r\n"

static uint32_t request_head(const struct load_keys *keys, const struct load_request *request,
			     char *head);
static uint32_t write_decimal(char *text, uint32_t number);
static uint32_t reply_head_bytes(const char *data, uint32_t len);
static void reply_head(struct load_reply *reply, const struct load_keys *keys,
		       const struct load_request *request, const char *head, uint32_t len);
static void reply_value(struct load_reply *reply, const struct load_keys *keys,
			const struct load_request *request, const char *head, uint32_t len);
static bool begins(const char *head, uint32_t len, const char *with);

const struct load_protocol load_protocol_text = {
	.name = "text",
	.request_head = request_head,
	.request_tail = "\r\n",
	.reply_head_bytes = reply_head_bytes,
	.reply_head = reply_head,
};

/* "get KEY" or "set KEY 0 0 BYTES" */
static uint32_t
request_head(const struct load_keys *keys, const struct load_request *request, char *head)
{
	char *at = head + 4;

	memcpy(head, request->set ? "set " : "get ", 4);
	at += load_keys_name(keys, request->key, at);
	if (request->set) {
		memcpy(at, " 0 0 ", 5);
		at += 5;
		at += write_decimal(at, keys->keys[request->key].value_bytes);
	}
	memcpy(at, "\r\n", 2);
	return at + 2 - head;
}

static uint32_t
write_decimal(char *text, uint32_t number)
{
	char reversed[10];
	uint32_t len = 0, i;

	do {
		reversed[len++] = '0' + number % 10;
		number /= 10;
	} while (number > 0);
	for (i = 0; i < len; i++)
		text[i] = reversed[len - 1 - i];
	return len;
}

static uint32_t
reply_head_bytes(const char *data, uint32_t len)
{
	const char *end = memchr(data, '\n', RTE_MIN(len, (uint32_t)LOAD_PROTOCOL_HEAD_MAX));

	return end != NULL ? end + 1 - data : 0;
}

static void
reply_head(struct load_reply *reply, const struct load_keys *keys,
	   const struct load_request *request, const char *head, uint32_t len)
{
	reply->outcome = LOAD_BROKEN;
	if (begins(head, len, "SERVER_ERROR") || begins(head, len, "CLIENT_ERROR") ||
	    begins(head, len, "ERROR") || begins(head, len, "NOT_STORED"))
		reply->outcome = LOAD_REFUSED;
	else if (request->set && begins(head, len, "STORED\r\n"))
		reply->outcome = LOAD_STORED;
	else if (!request->set && begins(head, len, "END\r\n"))
		reply->outcome = LOAD_MISS;
	else if (!request->set && begins(head, len, "VALUE "))
		reply_value(reply, keys, request, head, len);
}

/* "VALUE KEY FLAGS BYTES" */
static void
reply_value(struct load_reply *reply, const struct load_keys *keys,
	    const struct load_request *request, const char *head, uint32_t len)
{
	char name[LOAD_SIZE_KEY_MAX];
	uint32_t name_len = load_keys_name(keys, request->key, name);
	const char *at = head + 6 + name_len;
	const char *end = head + len;
	uint32_t bytes = 0;

	if (len < 6 + name_len + 4 || memcmp(head + 6, name, name_len) != 0 || *at != ' ')
		return;
	/* The line has an end: no digit. */
	for (at++; *at >= '0' && *at <= '9';)
		at++;
	if (*at++ != ' ' || at == end || *at < '0' || *at > '9')
		return;
	for (; *at >= '0' && *at <= '9'; at++) {
		bytes = bytes * 10 + (*at - '0');
		if (bytes > UINT32_MAX / 16)
			return;
	}
	reply->outcome = LOAD_HIT;
	reply->value = bytes;
	reply->tail = TAIL;
	reply->tail_bytes = sizeof(TAIL) - 1;
	reply->differs = reply->verify && bytes != keys->keys[request->key].value_bytes;
}

static bool
begins(const char *head, uint32_t len, const char *with)
{
	size_t with_len = strlen(with);

	return len >= with_len && memcmp(head, with, with_len) == 0;
}
