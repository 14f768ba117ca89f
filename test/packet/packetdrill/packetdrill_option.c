/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packetdrill_option.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

/* Not <netinet/tcp.h>: its states have the names of ours. */
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <rte_common.h>

#include "packetdrill_cork.h"
#include "tr_chain.h"

#define MS_PER_S 1000
#define US_PER_MS 1000
#define MSS_DEFAULT 536
#define MSS_MIN 88 /* Linux' */

static int fail(int error);
static int get_socket(struct packetdrill_socket *socket, int name, int *number);
static int set_tcp(struct packetdrill_socket *socket, int name, int number);
static int get_tcp(struct packetdrill_socket *socket, int name, int *number);
static int get_info(const struct packetdrill_socket *socket, void *value, socklen_t *len);
static void fill_info(const struct tcp_conn_info *info, struct tcp_info *linux_info);
static uint8_t linux_recovery(const struct tcp_conn_info *info);
static uint8_t linux_state(enum tcp_state state);

int
packetdrill_option_get(struct packetdrill_socket *socket, int level, int name, void *value,
		       socklen_t *len)
{
	int number = 0;
	int rc;

	if (level == IPPROTO_TCP && name == TCP_INFO)
		return get_info(socket, value, len);
	if (level == IPPROTO_TCP && name == TCP_CC_INFO) {
		*len = 0; /* as of an algorithm that tells nothing */
		return 0;
	}
	if (level == SOL_SOCKET && name == SO_MEMINFO) {
		memset(value, 0, *len); /* of a kernel's memory we use none */
		return 0;
	}
	if (level == SOL_SOCKET)
		rc = get_socket(socket, name, &number);
	else if (level == IPPROTO_TCP)
		rc = get_tcp(socket, name, &number);
	else
		rc = -ENOPROTOOPT;
	if (rc < 0)
		return fail(-rc);
	*len = RTE_MIN(*len, (socklen_t)sizeof(number));
	memcpy(value, &number, *len);
	return 0;
}

int
packetdrill_option_set(struct packetdrill_socket *socket, int level, int name, const void *value,
		       socklen_t len)
{
	const struct linger *linger = value;
	int number;

	if (level == SOL_SOCKET && name == SO_LINGER) {
		if (len < sizeof(*linger))
			return fail(EINVAL);
		socket->abort_on_close = linger->l_onoff != 0 && linger->l_linger == 0;
		return 0;
	}
	if (len < sizeof(number))
		return fail(EINVAL);
	memcpy(&number, value, sizeof(number));
	if (level == SOL_SOCKET && name == SO_SNDBUF) {
		if (number <= 0)
			return fail(EINVAL);
		socket->send_bytes = 2 * (uint32_t)number; /* as Linux, for overhead of its own */
		return 0;
	}
	/* The address is free again as soon as its connections allow. */
	if (level == SOL_SOCKET && name == SO_REUSEADDR)
		return 0;
	/* RFC 6093 section 6: it always is. */
	if (level == SOL_SOCKET && name == SO_OOBINLINE)
		return number != 0 ? 0 : fail(EINVAL);
	if (level == SOL_SOCKET && name == SO_KEEPALIVE) {
		socket->keepalive = number != 0;
		packetdrill_socket_apply(socket);
		return 0;
	}
	return level == IPPROTO_TCP ? set_tcp(socket, name, number) : fail(ENOPROTOOPT);
}

int
packetdrill_option_control(struct packetdrill_socket *socket, unsigned long request, int *number)
{
	switch (request) {
	case SIOCINQ:
		*number = packetdrill_socket_unread(socket);
		return 0;
	case SIOCATMARK:
		/* The last urgent byte is next. */
		*number = packetdrill_socket_urgent(socket) == 1;
		return 0;
	case SIOCOUTQ:
		*number = socket->conn == NULL ? 0 : tr_chain_bytes(tcp_chain(socket->conn));
		return 0;
	default:
		return fail(EINVAL);
	}
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

static int
get_socket(struct packetdrill_socket *socket, int name, int *number)
{
	switch (name) {
	case SO_ERROR:
		*number = socket->error;
		socket->error = 0;
		return 0;
	case SO_RCVBUF:
		*number = socket->drill->flags.receive_bytes;
		return 0;
	case SO_SNDBUF:
		*number = socket->send_bytes;
		return 0;
	case SO_TYPE:
		*number = SOCK_STREAM;
		return 0;
	case SO_ACCEPTCONN:
		*number = socket->listening;
		return 0;
	case SO_OOBINLINE:
		*number = 1;
		return 0;
	case SO_KEEPALIVE:
		*number = socket->keepalive;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int
set_tcp(struct packetdrill_socket *socket, int name, int number)
{
	switch (name) {
	case TCP_NODELAY:
		socket->nodelay = number != 0;
		packetdrill_socket_apply(socket);
		if (socket->nodelay)
			packetdrill_cork_release(socket);
		return 0;
	case TCP_CORK:
		socket->corked = number != 0;
		if (!socket->corked)
			packetdrill_cork_release(socket);
		return 0;
	case TCP_INQ:
		socket->tells_unread = number != 0;
		return 0;
	case TCP_USER_TIMEOUT:
		if (number < 0 || number > UINT16_MAX * MS_PER_S)
			return fail(EINVAL);
		socket->user_timeout_s = (number + MS_PER_S - 1) / MS_PER_S;
		packetdrill_socket_apply(socket);
		return 0;
	case TCP_NOTSENT_LOWAT:
		socket->unsent_max = number;
		return 0;
	case TCP_MAXSEG:
		if (number < MSS_MIN || number > UINT16_MAX)
			return fail(EINVAL);
		socket->mss_max = number;
		socket->drill->stack.mss_max = number;
		return 0;
	default:
		return fail(ENOPROTOOPT);
	}
}

static int
get_tcp(struct packetdrill_socket *socket, int name, int *number)
{
	struct tcp_conn_info info;

	switch (name) {
	case TCP_NODELAY:
		*number = socket->nodelay;
		return 0;
	case TCP_CORK:
		*number = socket->corked;
		return 0;
	case TCP_INQ:
		*number = socket->tells_unread;
		return 0;
	case TCP_USER_TIMEOUT:
		*number = socket->user_timeout_s * MS_PER_S;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*number = socket->unsent_max;
		return 0;
	case TCP_MAXSEG:
		*number = socket->mss_max != 0 ? socket->mss_max : MSS_DEFAULT;
		if (socket->conn == NULL)
			return 0;
		tcp_conn_info(socket->conn, &info);
		*number = info.mss_bytes;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int
get_info(const struct packetdrill_socket *socket, void *value, socklen_t *len)
{
	struct tcp_info linux_info = {.tcpi_state = linux_state(TCP_CLOSED)};
	struct tcp_conn_info info;

	if (socket->conn != NULL) {
		tcp_conn_info(socket->conn, &info);
		fill_info(&info, &linux_info);
		linux_info.tcpi_last_data_recv =
			(socket->drill->stack.now_us - socket->heard_us) / US_PER_MS;
		linux_info.tcpi_advmss =
			socket->mss_max != 0 ? socket->mss_max : linux_info.tcpi_snd_mss;
	}
	memset(value, 0, *len);
	memcpy(value, &linux_info, RTE_MIN(*len, (socklen_t)sizeof(linux_info)));
	return 0;
}

static void
fill_info(const struct tcp_conn_info *info, struct tcp_info *linux_info)
{
	uint32_t mss = RTE_MAX(info->mss_bytes, (uint16_t)1);

	*linux_info = (struct tcp_info){
		.tcpi_state = linux_state(info->state),
		.tcpi_ca_state = linux_recovery(info),
		.tcpi_options = (info->timestamps ? TCPI_OPT_TIMESTAMPS : 0) |
				(info->sack ? TCPI_OPT_SACK : 0) |
				(info->send_scale + info->receive_scale > 0 ? TCPI_OPT_WSCALE : 0) |
				(info->ecn ? TCPI_OPT_ECN : 0),
		.tcpi_snd_wscale = info->send_scale,
		.tcpi_rcv_wscale = info->receive_scale,
		.tcpi_rto = info->rto_us,
		.tcpi_snd_mss = info->mss_bytes,
		.tcpi_unacked = (info->snd_nxt - info->snd_una + mss - 1) / mss,
		.tcpi_sacked = (info->sacked_bytes + mss - 1) / mss,
		.tcpi_lost = (info->lost_bytes + mss - 1) / mss,
		.tcpi_rtt = info->srtt_us,
		.tcpi_min_rtt = info->min_rtt_us,
		.tcpi_snd_ssthresh = info->ssthresh_bytes / mss,
		.tcpi_snd_cwnd = info->cwnd_bytes / mss,
		.tcpi_total_retrans = info->retransmits,
		.tcpi_notsent_bytes =
			info->send_bytes - RTE_MIN(info->send_bytes, info->snd_nxt - info->snd_una),
	};
}

/* TCP_CA_Open and so on. */
static uint8_t
linux_recovery(const struct tcp_conn_info *info)
{
	if (strcmp(info->recovery, "timeout") == 0)
		return TCP_CA_Loss;
	if (strcmp(info->recovery, "fast") == 0)
		return TCP_CA_Recovery;
	if (strcmp(info->recovery, "reduce") == 0)
		return TCP_CA_CWR;
	return info->sacked_bytes > 0 ? TCP_CA_Disorder : TCP_CA_Open;
}

static uint8_t
linux_state(enum tcp_state state)
{
	static const uint8_t states[TCP_STATES] = {
		[TCP_ESTABLISHED] = 1, [TCP_SYN_SENT] = 2,   [TCP_SYN_RECEIVED] = 3,
		[TCP_FIN_WAIT_1] = 4,  [TCP_FIN_WAIT_2] = 5, [TCP_TIME_WAIT] = 6,
		[TCP_CLOSED] = 7,      [TCP_CLOSE_WAIT] = 8, [TCP_LAST_ACK] = 9,
		[TCP_CLOSING] = 11,
	};

	return states[state];
}
