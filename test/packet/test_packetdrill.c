/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The adapter for packetdrill, opened and called as packetdrill does: the calls of a script on one
 * thread, those that take time on another, packets as IP has them. The path of the shared object is
 * the program's argument, and stands in LD_PRELOAD.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* Not <netinet/tcp.h>: its states have the names of ours. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "packetdrill.h"
#include "packetdrill_flags.h"
#include "wire_tcp.h"

#define OUR_ADDR 0xc0a80002
#define PEER_ADDR 0xc0000201
#define OUR_PORT 8080
#define PEER_PORT 40000 /* and on, one for each connection */
#define IRS 1000

static const char *object;

/* One adapter, and the connection that a test has with it. */
struct drill {
	struct packetdrill_interface call;
	uint16_t our_port;
	uint16_t peer_port;
	uint32_t iss;
};

/* A call that takes time. */
struct blocked {
	struct drill *drill;
	int fd;
	int result;
	int64_t end_us;
};

static int64_t
now_us(struct drill *drill)
{
	struct timeval now;

	assert_int_equal(drill->call.gettimeofday(drill->call.userdata, &now, NULL), 0);
	return now.tv_sec * INT64_C(1000000) + now.tv_usec;
}

/* packetdrill's way of opening it. EAL cannot start twice: one object serves all tests. */
static void
begin(struct drill *drill, const char *flags)
{
	void (*init)(const char *flags, struct packetdrill_interface *interface);
	void *handle = dlopen(object, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | RTLD_DEEPBIND);

	if (handle == NULL)
		fail_msg("%s", dlerror());
	*(void **)&init = dlsym(handle, "packetdrill_interface_init");
	assert_non_null(init);
	memset(drill, 0, sizeof(*drill));
	drill->peer_port = PEER_PORT;
	init(flags, &drill->call);
}

static void
end(struct drill *drill)
{
	drill->call.free(drill->call.userdata);
}

static void
inject(struct drill *drill, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len,
       const struct wire_tcp_options *options)
{
	struct wire_tcp header = {
		.src_port = rte_cpu_to_be_16(drill->peer_port),
		.dst_port = rte_cpu_to_be_16(drill->our_port),
		.seq = IRS + seq,
		.ack = flags & WIRE_TCP_ACK ? drill->iss + ack : 0,
		.flags = flags,
		.window = 65535,
	};
	uint8_t data[2048] = {0};
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)data;
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + 1);
	uint32_t bytes;

	if (options != NULL)
		header.options = *options;
	bytes = wire_tcp_header_bytes(&header.options);
	wire_tcp_write((uint8_t *)tcp, &header);
	bytes += sizeof(*ip) + len;
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.total_length = rte_cpu_to_be_16(bytes),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_TCP,
		.src_addr = rte_cpu_to_be_32(PEER_ADDR),
		.dst_addr = rte_cpu_to_be_32(OUR_ADDR),
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	assert_int_equal(drill->call.netdev_send(drill->call.userdata, data, bytes), 0);
}

/* Returns the payload's length. */
static uint32_t
expect(struct drill *drill, uint8_t flags, uint32_t seq, uint32_t ack, struct wire_tcp *header,
       uint8_t *options)
{
	uint8_t data[65536];
	size_t len;
	long long sent_us;
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)data;
	uint32_t sum;

	/* What belongs to an earlier connection is not looked at. */
	do {
		len = sizeof(data);
		assert_int_equal(
			drill->call.netdev_receive(drill->call.userdata, data, &len, &sent_us), 0);
		assert_true(len >= sizeof(*ip) + sizeof(struct rte_tcp_hdr));
		assert_int_equal(rte_be_to_cpu_16(ip->total_length), len);
		sum = rte_raw_cksum(ip + 1, len - sizeof(*ip)) + rte_ipv4_phdr_cksum(ip, 0);
		assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
		assert_int_equal(
			wire_tcp_parse((const uint8_t *)(ip + 1), len - sizeof(*ip), header),
			WIRE_TCP_OK);
	} while (rte_be_to_cpu_16(header->dst_port) != drill->peer_port);
	assert_int_equal(header->flags, flags);
	if (flags & WIRE_TCP_SYN)
		drill->iss = header->seq;
	assert_int_equal(header->seq - drill->iss, seq);
	if (flags & WIRE_TCP_ACK)
		assert_int_equal(header->ack - IRS, ack);
	if (options != NULL)
		memcpy(options, data + sizeof(*ip) + sizeof(struct rte_tcp_hdr),
		       header->header_bytes - sizeof(struct rte_tcp_hdr));
	return len - sizeof(*ip) - header->header_bytes;
}

static int
listener(struct drill *drill)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = rte_cpu_to_be_16(OUR_PORT),
		.sin_addr.s_addr = rte_cpu_to_be_32(OUR_ADDR),
	};
	void *userdata = drill->call.userdata;
	int fd = drill->call.socket(userdata, AF_INET, SOCK_STREAM, IPPROTO_TCP);

	drill->our_port = OUR_PORT;
	drill->peer_port++;
	assert_true(fd >= 0);
	assert_int_equal(drill->call.bind(userdata, fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(drill->call.listen(userdata, fd, 1), 0);
	return fd;
}

static void
handshake(struct drill *drill)
{
	struct wire_tcp header;

	inject(drill, WIRE_TCP_SYN, 0, 0, 0, NULL);
	expect(drill, WIRE_TCP_SYN | WIRE_TCP_ACK, 0, 1, &header, NULL);
	inject(drill, WIRE_TCP_ACK, 1, 1, 0, NULL);
}

static void
accept_write_read_close(struct drill *drill)
{
	void *userdata = drill->call.userdata;
	uint8_t data[1000] = {0};
	struct wire_tcp header;
	int fd, accepted;

	fd = listener(drill);
	handshake(drill);
	accepted = drill->call.accept(userdata, fd, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(drill->call.write(userdata, accepted, data, 100), 100);
	assert_int_equal(expect(drill, WIRE_TCP_ACK | WIRE_TCP_PSH, 1, 1, &header, NULL), 100);
	inject(drill, WIRE_TCP_ACK, 1, 101, 500, NULL);
	assert_int_equal(drill->call.recv(userdata, accepted, data, 200, MSG_PEEK), 200);
	assert_int_equal(drill->call.read(userdata, accepted, data, 1000), 500);
	/* The delayed ACK: receiving moves the clock to it. */
	assert_int_equal(expect(drill, WIRE_TCP_ACK, 101, 501, &header, NULL), 0);
	assert_int_equal(drill->call.shutdown(userdata, accepted, SHUT_WR), 0);
	expect(drill, WIRE_TCP_FIN | WIRE_TCP_ACK, 101, 501, &header, NULL);
	assert_int_equal(drill->call.write(userdata, accepted, data, 1), -1);
	assert_int_equal(errno, EPIPE);
	inject(drill, WIRE_TCP_FIN | WIRE_TCP_ACK, 501, 102, 300, NULL);
	expect(drill, WIRE_TCP_ACK, 102, 802, &header, NULL);
	assert_int_equal(drill->call.read(userdata, accepted, data, 1000), 300);
	assert_int_equal(drill->call.read(userdata, accepted, data, 1000), 0);
	assert_int_equal(drill->call.close(userdata, accepted), 0);
	assert_int_equal(drill->call.close(userdata, fd), 0);
	assert_int_equal(drill->call.close(userdata, fd), -1);
	assert_int_equal(errno, EBADF);
}

static void *
accept_on_a_thread(void *arg)
{
	struct blocked *blocked = arg;
	struct packetdrill_interface *call = &blocked->drill->call;

	blocked->result = call->accept(call->userdata, blocked->fd, NULL, NULL);
	blocked->end_us = now_us(blocked->drill);
	return NULL;
}

/* Until the call waits: packetdrill looks at the thread's state, we at what it has done. */
static void
let_it_wait(void)
{
	usleep(100000);
}

static void
a_call_takes_time(struct drill *drill)
{
	struct blocked blocked = {.drill = drill, .fd = listener(drill)};
	pthread_t thread;
	int64_t due_us;

	assert_int_equal(pthread_create(&thread, NULL, accept_on_a_thread, &blocked), 0);
	let_it_wait();
	handshake(drill);
	due_us = now_us(drill);
	/* The clock is held until the thread has looked at it. */
	drill->call.usleep(drill->call.userdata, 5000000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(blocked.result >= 0);
	assert_in_range(blocked.end_us, due_us - 10, due_us + 10);
	assert_true(now_us(drill) >= due_us + 5000000);
	drill->call.close(drill->call.userdata, blocked.result);
	drill->call.close(drill->call.userdata, blocked.fd);
}

static void
connect_from_us(struct drill *drill)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = rte_cpu_to_be_16(++drill->peer_port),
		.sin_addr.s_addr = rte_cpu_to_be_32(PEER_ADDR),
	};
	void *userdata = drill->call.userdata;
	struct wire_tcp header;
	struct tcp_info info;
	uint8_t longer[sizeof(info) + 64];
	socklen_t len = sizeof(longer);
	struct pollfd poll = {.events = POLLOUT};
	int error = -1;

	poll.fd = drill->call.socket(userdata, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(drill->call.fcntl(userdata, poll.fd, F_SETFL, O_RDWR | O_NONBLOCK), 0);
	assert_int_equal(
		drill->call.connect(userdata, poll.fd, (struct sockaddr *)&addr, sizeof(addr)), -1);
	assert_int_equal(errno, EINPROGRESS);
	expect(drill, WIRE_TCP_SYN, 0, 0, &header, NULL);
	drill->our_port = rte_be_to_cpu_16(header.src_port);
	assert_int_equal(drill->call.poll(userdata, &poll, 1, 0), 0);
	inject(drill, WIRE_TCP_SYN | WIRE_TCP_ACK, 0, 1, 0, NULL);
	expect(drill, WIRE_TCP_ACK, 1, 1, &header, NULL);
	assert_int_equal(drill->call.poll(userdata, &poll, 1, 0), 1);
	assert_int_equal(poll.revents, POLLOUT);
	/* libc's, as packetdrill calls it for TCP_INFO. */
	memset(longer, 0xff, sizeof(longer));
	assert_int_equal(getsockopt(poll.fd, IPPROTO_TCP, TCP_INFO, longer, &len), 0);
	assert_int_equal(len, sizeof(longer));
	memcpy(&info, longer, sizeof(info));
	assert_int_equal(info.tcpi_state, 1);
	assert_int_equal(info.tcpi_snd_mss, 536);
	assert_int_equal(longer[sizeof(longer) - 1], 0);
	inject(drill, WIRE_TCP_RST | WIRE_TCP_ACK, 1, 1, 0, NULL);
	len = sizeof(error);
	assert_int_equal(
		drill->call.getsockopt(userdata, poll.fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	assert_int_equal(error, ECONNRESET);
	drill->call.close(userdata, poll.fd);
}

static void
nothing_comes(struct drill *drill)
{
	unsigned int i;
	uint8_t data[100];
	long long sent_us;
	size_t len;

	/* What earlier connections still had to say is little, and then it ends. */
	for (i = 0; i < 100; i++) {
		len = sizeof(data);
		assert_int_equal(
			drill->call.netdev_receive(drill->call.userdata, data, &len, &sent_us), 0);
		if (len == 0)
			return;
	}
	fail_msg("packets come for ever");
}

static void
freebsd_orders_options(struct drill *drill)
{
	static const struct wire_tcp_options all = {
		.has_mss = true,
		.mss = 1000,
		.has_window_scale = true,
		.window_scale = 7,
		.sack_permitted = true,
		.has_timestamps = true,
		.ts_value = 100,
	};
	static const uint8_t order[12] = {2, 4, 0x5, 0xb4, 1, 3, 3, 0, 4, 2, 8, 10};
	struct wire_tcp header;
	uint8_t options[40];
	int fd = listener(drill);

	inject(drill, WIRE_TCP_SYN, 0, 0, 0, &all);
	expect(drill, WIRE_TCP_SYN | WIRE_TCP_ACK, 0, 1, &header, options);
	assert_memory_equal(options, order, sizeof(order));
	assert_int_equal(header.options.ts_echo, 100);
	drill->call.close(drill->call.userdata, fd);
}

/* One EAL a process: one adapter plays all, with FreeBSD's order, which most do not look at. */
static void
test_exchanges(void **state)
{
	struct drill drill;

	(void)state;
	begin(&drill, "options=freebsd,time_wait=1");
	freebsd_orders_options(&drill);
	accept_write_read_close(&drill);
	drill.call.usleep(drill.call.userdata, 2000000);
	a_call_takes_time(&drill);
	connect_from_us(&drill);
	/* Last: the clock stands where the last timer was. */
	nothing_comes(&drill);
	end(&drill);
}

static void
test_flags(void **state)
{
	static const char *const wrong[] = {
		"options",   "options=windows", "mtu=0",       "mtu=70000",  "mtu=1500x",
		"rcvbuf=-1", "local=1.2.3",	"colour=blue", "time_wait=", "=1",
	};
	struct packetdrill_flags flags;
	char what[64];
	size_t i;

	(void)state;
	assert_int_equal(packetdrill_flags_parse(NULL, &flags, what), 0);
	assert_false(flags.freebsd);
	assert_int_equal(flags.mtu, 1500);
	assert_int_equal(
		packetdrill_flags_parse("options=freebsd,mtu=600,local=10.0.0.9", &flags, what), 0);
	assert_true(flags.freebsd);
	assert_int_equal(flags.mtu, 600);
	assert_int_equal(rte_be_to_cpu_32(flags.local), 0x0a000009);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(packetdrill_flags_parse(wrong[i], &flags, what), -EINVAL);
		assert_string_equal(what, wrong[i]);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_exchanges),
	};

	if (argc != 2)
		return 2;
	object = argv[1];
	return cmocka_run_group_tests_name("packetdrill", tests, NULL, NULL);
}
