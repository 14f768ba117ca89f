/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * The adapter for packetdrill, opened and called as packetdrill does: the calls of a script on one
 * thread, those that take time on another, packets as IP has them. The shared object lies beside
 * the program, which begins again with it in LD_PRELOAD. An argument has it play Linux' habits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
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
#define OUR_ADDR_IPV6 "2001:db8::2"
#define PEER_ADDR_IPV6 "2001:db8:1::1"
#define LINUX_FLAGS "habits=linux,local=2001:db8::2,gateway=2001:db8::1"
#define OUR_PORT 8080
#define PEER_PORT 40000 /* and on, one for each connection */
#define IRS 1000

#define OBJECT "libtailrace_packetdrill.so"

static char object[4096];

/* One adapter, and the connection that a test has with it. */
struct drill {
	struct packetdrill_interface call;
	bool ipv6;
	uint16_t our_port;
	uint16_t peer_port;
	uint32_t iss;
	uint16_t urgent; /* of what is injected, with URG */
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
write_ipv4(uint8_t *data, struct rte_tcp_hdr *tcp, uint32_t bytes)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)data;

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
}

static void
write_ipv6(uint8_t *data, struct rte_tcp_hdr *tcp, uint32_t bytes)
{
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)data;

	*ip = (struct rte_ipv6_hdr){
		.vtc_flow = RTE_BE32(0x60000000),
		.payload_len = rte_cpu_to_be_16(bytes - sizeof(*ip)),
		.hop_limits = 64,
		.proto = IPPROTO_TCP,
	};
	assert_int_equal(inet_pton(AF_INET6, PEER_ADDR_IPV6, ip->src_addr), 1);
	assert_int_equal(inet_pton(AF_INET6, OUR_ADDR_IPV6, ip->dst_addr), 1);
	tcp->cksum = rte_ipv6_udptcp_cksum(ip, tcp);
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
		.urgent = drill->urgent,
	};
	uint8_t data[2048] = {0};
	struct rte_tcp_hdr *tcp;
	uint32_t ip_bytes = drill->ipv6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);
	uint32_t bytes;

	if (options != NULL)
		header.options = *options;
	tcp = (struct rte_tcp_hdr *)(data + ip_bytes);
	bytes = ip_bytes + wire_tcp_write((uint8_t *)tcp, &header) + len;
	if (drill->ipv6)
		write_ipv6(data, tcp, bytes);
	else
		write_ipv4(data, tcp, bytes);
	assert_int_equal(drill->call.netdev_send(drill->call.userdata, data, bytes), 0);
}

static void
check_ipv4(const uint8_t *data, size_t len)
{
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)data;
	uint32_t sum = rte_raw_cksum(ip + 1, len - sizeof(*ip)) + rte_ipv4_phdr_cksum(ip, 0);

	assert_int_equal(rte_be_to_cpu_16(ip->total_length), len);
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
}

static void
check_ipv6(const uint8_t *data, size_t len)
{
	const struct rte_ipv6_hdr *ip = (const struct rte_ipv6_hdr *)data;
	uint32_t sum = rte_raw_cksum(ip + 1, len - sizeof(*ip)) + rte_ipv6_phdr_cksum(ip, 0);

	assert_int_equal(rte_be_to_cpu_16(ip->payload_len), len - sizeof(*ip));
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
}

/* Returns the payload's length. */
static uint32_t
expect(struct drill *drill, uint8_t flags, uint32_t seq, uint32_t ack, struct wire_tcp *header,
       uint8_t *options)
{
	uint8_t data[65536];
	size_t len;
	long long sent_us;
	uint32_t ip_bytes = drill->ipv6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);

	/* What belongs to an earlier connection is not looked at. */
	do {
		len = sizeof(data);
		assert_int_equal(
			drill->call.netdev_receive(drill->call.userdata, data, &len, &sent_us), 0);
		assert_true(len >= ip_bytes + sizeof(struct rte_tcp_hdr));
		if (drill->ipv6)
			check_ipv6(data, len);
		else
			check_ipv4(data, len);
		assert_int_equal(wire_tcp_parse(data + ip_bytes, len - ip_bytes, header),
				 WIRE_TCP_OK);
	} while (rte_be_to_cpu_16(header->dst_port) != drill->peer_port);
	assert_int_equal(header->flags, flags);
	if (flags & WIRE_TCP_SYN)
		drill->iss = header->seq;
	assert_int_equal(header->seq - drill->iss, seq);
	if (flags & WIRE_TCP_ACK)
		assert_int_equal(header->ack - IRS, ack);
	if (options != NULL)
		memcpy(options, data + ip_bytes + sizeof(struct rte_tcp_hdr),
		       header->header_bytes - sizeof(struct rte_tcp_hdr));
	return len - ip_bytes - header->header_bytes;
}

static int
listener(struct drill *drill)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = rte_cpu_to_be_16(OUR_PORT),
		.sin_addr.s_addr = rte_cpu_to_be_32(OUR_ADDR),
	};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = rte_cpu_to_be_16(OUR_PORT),
	};
	const struct sockaddr *addr =
		drill->ipv6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in;
	socklen_t len = drill->ipv6 ? sizeof(in6) : sizeof(in);
	void *userdata = drill->call.userdata;
	int fd = drill->call.socket(userdata, addr->sa_family, SOCK_STREAM, IPPROTO_TCP);

	drill->our_port = OUR_PORT;
	drill->peer_port++;
	assert_true(fd >= 0);
	assert_int_equal(drill->call.bind(userdata, fd, addr, len), 0);
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

static void
expect_mark(struct drill *drill, int fd, int at_mark)
{
	int number = -1;

	assert_int_equal(drill->call.ioctl(drill->call.userdata, fd, SIOCATMARK, &number), 0);
	assert_int_equal(number, at_mark);
}

/* Urgent data is in line: the socket tells where it ends, and one call does not read across. */
static void
urgent_both_ways(struct drill *drill)
{
	void *userdata = drill->call.userdata;
	struct pollfd poll = {.events = POLLPRI};
	uint8_t data[100] = {0};
	struct wire_tcp header;
	int fd = listener(drill), off = 0;

	handshake(drill);
	poll.fd = drill->call.accept(userdata, fd, NULL, NULL);
	assert_true(poll.fd >= 0);
	assert_int_equal(drill->call.setsockopt(userdata, poll.fd, SOL_SOCKET, SO_OOBINLINE, &off,
						sizeof(off)),
			 -1);
	assert_int_equal(drill->call.send(userdata, poll.fd, data, 10, MSG_OOB), 10);
	assert_int_equal(
		expect(drill, WIRE_TCP_ACK | WIRE_TCP_PSH | WIRE_TCP_URG, 1, 1, &header, NULL), 10);
	assert_int_equal(header.urgent, 10);
	/* Told before it comes. */
	drill->urgent = 30;
	inject(drill, WIRE_TCP_ACK | WIRE_TCP_URG, 1, 11, 20, NULL);
	drill->urgent = 0;
	assert_int_equal(drill->call.poll(userdata, &poll, 1, 0), 0);
	expect_mark(drill, poll.fd, 0);
	inject(drill, WIRE_TCP_ACK, 21, 11, 20, NULL);
	assert_int_equal(expect(drill, WIRE_TCP_ACK, 11, 41, &header, NULL), 0);
	assert_int_equal(drill->call.poll(userdata, &poll, 1, 0), 1);
	assert_int_equal(poll.revents, POLLPRI);
	assert_int_equal(drill->call.recv(userdata, poll.fd, data, 1, MSG_OOB), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(drill->call.recv(userdata, poll.fd, data, 100, MSG_PEEK), 29);
	assert_int_equal(drill->call.read(userdata, poll.fd, data, 100), 29);
	expect_mark(drill, poll.fd, 1);
	assert_int_equal(drill->call.read(userdata, poll.fd, data, 100), 11);
	expect_mark(drill, poll.fd, 0);
	assert_int_equal(drill->call.poll(userdata, &poll, 1, 0), 0);
	drill->call.close(userdata, poll.fd);
	drill->call.close(userdata, fd);
}

/* One EAL a process: one adapter plays all of these, with FreeBSD's order, which most do not look
 * at. */
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
	urgent_both_ways(&drill);
	connect_from_us(&drill);
	/* Last: the clock stands where the last timer was. */
	nothing_comes(&drill);
	end(&drill);
}

static int
wait_edge(struct drill *drill, int epfd, uint32_t events)
{
	struct epoll_event event = {0};
	int nb = drill->call.epoll_wait(drill->call.userdata, epfd, &event, 1, 0);

	assert_int_equal(event.events, events);
	return nb;
}

/* An edge is told once, and data is acknowledged when it comes. */
static void
edges_and_quick_acks(struct drill *drill, int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};
	void *userdata = drill->call.userdata;
	int epfd = drill->call.epoll_create(userdata, 1);
	struct wire_tcp header;
	int64_t before_us;

	assert_true(epfd >= 0 && epfd != fd);
	assert_int_equal(drill->call.epoll_ctl(userdata, epfd, EPOLL_CTL_ADD, fd, &event), 0);
	assert_int_equal(drill->call.epoll_ctl(userdata, epfd, EPOLL_CTL_ADD, fd, &event), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(wait_edge(drill, epfd, EPOLLOUT), 1);
	assert_int_equal(wait_edge(drill, epfd, 0), 0);
	before_us = now_us(drill);
	inject(drill, WIRE_TCP_ACK, 1, 1, 100, NULL);
	assert_int_equal(expect(drill, WIRE_TCP_ACK, 1, 101, &header, NULL), 0);
	assert_in_range(now_us(drill), before_us, before_us + 10);
	assert_int_equal(wait_edge(drill, epfd, EPOLLIN | EPOLLOUT), 1);
	assert_int_equal(wait_edge(drill, epfd, 0), 0);
	assert_int_equal(drill->call.epoll_ctl(userdata, epfd, EPOLL_CTL_DEL, fd, NULL), 0);
	assert_int_equal(drill->call.epoll_ctl(userdata, epfd, EPOLL_CTL_DEL, fd, NULL), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(drill->call.close(userdata, epfd), 0);
	assert_int_equal(drill->call.epoll_wait(userdata, epfd, &event, 1, 0), -1);
}

/* Of 100 bytes that are unread. */
static void
unread_is_told(struct drill *drill, int fd)
{
	int yes = 1, unread;
	uint8_t data[60], control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {.iov_base = data, .iov_len = sizeof(data)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	void *userdata = drill->call.userdata;

	assert_int_equal(
		drill->call.setsockopt(userdata, fd, IPPROTO_TCP, TCP_INQ, &yes, sizeof(yes)), 0);
	assert_int_equal(drill->call.recvmsg(userdata, fd, &message, 0), 60);
	assert_int_equal(message.msg_controllen, sizeof(control));
	memcpy(&unread, CMSG_DATA((struct cmsghdr *)control), sizeof(unread));
	assert_int_equal(unread, 40);
	assert_int_equal(drill->call.read(userdata, fd, NULL, 10), -1);
	assert_int_equal(errno, EFAULT);
}

/* What is held for more goes with it, or after 200 ms. */
static void
more_is_waited_for(struct drill *drill, int fd)
{
	void *userdata = drill->call.userdata;
	uint8_t data[1500] = {0};
	struct wire_tcp header;
	int64_t before_us;

	assert_int_equal(drill->call.send(userdata, fd, data, 10, MSG_MORE), 10);
	assert_int_equal(drill->call.send(userdata, fd, data, 20, 0), 20);
	assert_int_equal(expect(drill, WIRE_TCP_ACK | WIRE_TCP_PSH, 1, 101, &header, NULL), 30);
	inject(drill, WIRE_TCP_ACK, 101, 31, 0, NULL);
	before_us = now_us(drill);
	assert_int_equal(drill->call.send(userdata, fd, data, 10, MSG_MORE), 10);
	assert_int_equal(expect(drill, WIRE_TCP_ACK | WIRE_TCP_PSH, 31, 101, &header, NULL), 10);
	assert_in_range(now_us(drill), before_us + 200000, before_us + 202000);
	inject(drill, WIRE_TCP_ACK, 101, 41, 0, NULL);
}

/* Ten segments are as many as may go: more follows, and yet the last has PSH. */
static void
burst_is_pushed(struct drill *drill, int fd)
{
	uint8_t data[12000] = {0};
	struct wire_tcp header;
	unsigned int i;

	assert_int_equal(drill->call.write(drill->call.userdata, fd, data, sizeof(data)),
			 sizeof(data));
	for (i = 0; i < 10; i++)
		assert_int_equal(expect(drill, i < 9 ? WIRE_TCP_ACK : WIRE_TCP_ACK | WIRE_TCP_PSH,
					41 + 1000 * i, 101, &header, NULL),
				 1000);
}

/* As scripts for Linux see it, over IPv6. */
static void
test_habits(void **state)
{
	const struct wire_tcp_options syn = {.has_mss = true, .mss = 1000};
	struct wire_tcp header;
	struct drill drill;
	int fd, accepted;

	(void)state;
	begin(&drill, LINUX_FLAGS);
	drill.ipv6 = true;
	fd = listener(&drill);
	inject(&drill, WIRE_TCP_SYN, 0, 0, 0, &syn);
	expect(&drill, WIRE_TCP_SYN | WIRE_TCP_ACK, 0, 1, &header, NULL);
	assert_int_equal(header.options.mss, 1440);
	inject(&drill, WIRE_TCP_ACK, 1, 1, 0, NULL);
	accepted = drill.call.accept(drill.call.userdata, fd, NULL, NULL);
	assert_true(accepted >= 0);
	edges_and_quick_acks(&drill, accepted);
	unread_is_told(&drill, accepted);
	more_is_waited_for(&drill, accepted);
	burst_is_pushed(&drill, accepted);
	drill.call.close(drill.call.userdata, accepted);
	drill.call.close(drill.call.userdata, fd);
	end(&drill);
}

static void
test_flags(void **state)
{
	static const char *const wrong[] = {
		"options",     "options=windows",
		"mtu=0",       "mtu=70000",
		"mtu=1500x",   "rcvbuf=-1",
		"local=1.2.3", "colour=blue",
		"time_wait=",  "=1",
		"ecn=maybe",   "congestion=vegas",
		"nagle=1",     "keepalive_probes=256",
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
	assert_int_equal(rte_be_to_cpu_32(tr_addr_to_ipv4(&flags.local)), 0x0a000009);
	assert_true(flags.nagle && flags.timestamps && !flags.linux_habits);
	assert_int_equal(
		packetdrill_flags_parse("local=2001:db8::2,nagle=off,timestamps=off,ecn=request,"
					"habits=linux,congestion=newreno,keepalive=9",
					&flags, what),
		0);
	assert_false(tr_addr_is_ipv4(&flags.local));
	assert_true(tr_addr_is_none(&flags.gateway));
	assert_true(!flags.nagle && !flags.timestamps && flags.linux_habits);
	assert_int_equal(flags.ecn, TCP_ECN_REQUEST);
	assert_string_equal(flags.congestion, "newreno");
	assert_int_equal(flags.keepalive_idle_us, 9000000);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(packetdrill_flags_parse(wrong[i], &flags, what), -EINVAL);
		assert_string_equal(what, wrong[i]);
	}
}

/* Beside this program; false where that cannot be told. */
static bool
find_object(void)
{
	ssize_t len = readlink("/proc/self/exe", object, sizeof(object) - sizeof(OBJECT));

	while (len > 0 && object[len - 1] != '/')
		len--;
	if (len <= 0)
		return false;
	memcpy(object + len, OBJECT, sizeof(OBJECT));
	return true;
}

/* As packetdrill is run: with the object loaded before all others. Returns where it is, or cannot.
 */
static void
preload_object(char **argv)
{
	const char *preloaded = getenv("LD_PRELOAD");

	if (preloaded != NULL && strstr(preloaded, object) != NULL)
		return;
	setenv("LD_PRELOAD", object, 1);
	execv("/proc/self/exe", argv);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest own[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_exchanges),
	};
	const struct CMUnitTest habits[] = {
		cmocka_unit_test(test_habits),
	};

	if (!find_object())
		return 2;
	preload_object(argv);
	return argc == 1 ? cmocka_run_group_tests_name("packetdrill", own, NULL, NULL)
			 : cmocka_run_group_tests_name("packetdrill", habits, NULL, NULL);
}
