/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_pcap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_debug.h>

/* A run that never ends is not to take all memory. */
#define BYTES_MAX (64u << 20)

/* Of a file whose times are in microseconds. */
#define MAGIC 0xa1b2c3d4
#define LINKTYPE_ETHERNET 1

struct file_header {
	uint32_t magic;
	uint16_t major;
	uint16_t minor;
	uint32_t unused[2];
	uint32_t frame_bytes_max;
	uint32_t link_type;
};

struct frame_header {
	uint32_t time_s;
	uint32_t time_us;
	uint32_t captured_bytes;
	uint32_t frame_bytes;
};

static uint8_t *append(struct sim_pcap *pcap, size_t len);

void
sim_pcap_begin(struct sim_pcap *pcap)
{
	static const struct file_header header = {
		.magic = MAGIC,
		.major = 2,
		.minor = 4,
		.frame_bytes_max = UINT16_MAX,
		.link_type = LINKTYPE_ETHERNET,
	};

	pcap->len = 0;
	memcpy(append(pcap, sizeof(header)), &header, sizeof(header));
}

void
sim_pcap_add(struct sim_pcap *pcap, uint64_t now_us, const struct rte_mbuf *mbuf)
{
	const struct frame_header header = {
		.time_s = now_us / 1000000,
		.time_us = now_us % 1000000,
		.captured_bytes = mbuf->pkt_len,
		.frame_bytes = mbuf->pkt_len,
	};
	const struct rte_mbuf *part;
	uint8_t *at;

	if (pcap->len + sizeof(header) + mbuf->pkt_len > BYTES_MAX)
		return;
	at = append(pcap, sizeof(header) + mbuf->pkt_len);
	memcpy(at, &header, sizeof(header));
	at += sizeof(header);
	for (part = mbuf; part != NULL; part = part->next) {
		memcpy(at, rte_pktmbuf_mtod(part, const void *), part->data_len);
		at += part->data_len;
	}
}

static uint8_t *
append(struct sim_pcap *pcap, size_t len)
{
	uint8_t *at;

	if (pcap->len + len > pcap->size) {
		pcap->size = 2 * (pcap->len + len);
		pcap->data = realloc(pcap->data, pcap->size);
		if (pcap->data == NULL)
			rte_exit(EXIT_FAILURE, "sim: no memory for frames\n");
	}
	at = pcap->data + pcap->len;
	pcap->len += len;
	return at;
}

int
sim_pcap_write(const struct sim_pcap *pcap, const char *path)
{
	FILE *file = fopen(path, "wb");
	size_t written;

	if (file == NULL)
		return -errno;
	written = fwrite(pcap->data, 1, pcap->len, file);
	return fclose(file) == 0 && written == pcap->len ? 0 : -EIO;
}
