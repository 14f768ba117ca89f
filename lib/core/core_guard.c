/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * EAL runs the callbacks of all devices on one thread, one after the other. The guard is one of
 * them, on an eventfd that is always readable, so that it is called between any two rounds of the
 * others. While that thread is in the guard it is in no driver: then, and only then, the gate is
 * open, and cores have their bursts.
 *
 *     core                              interrupt thread, leaving the guard
 *     busy = true                       open = false
 *     full fence                        full fence
 *     open? then the burst              wait until each busy is false
 *     busy = false (release)            return to EAL, which calls the drivers
 *
 * With a full fence between store and load on both sides at least one of them sees the other's
 * store: no burst begins once the thread has left, and none is under way.
 */
/* rte_interrupts.h: handles of one's own */
#define ALLOW_EXPERIMENTAL_API

#include "core_guard.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include <rte_atomic.h>
#include <rte_branch_prediction.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_malloc.h>

/* How long a peer that goes is not heard; and one that comes, who has some six things to say. */
#define PERIOD_US 20000
#define PERIOD_NO_LINK_US 2000

/* A burst that is under way ends soon, unless its core has lost the CPU: not a wait to spin for. */
#define BURST_WAIT_NS 5000

struct core_guard_queue {
	atomic_bool busy; /* its core is in a burst, or about to ask whether it may */
} __rte_cache_aligned;

struct guarded {
	TAILQ_ENTRY(guarded) next;
	uint16_t port_id;
	bool up; /* its link, as last seen */
	atomic_uint *changes; /* of that are counted there; NULL: nowhere */
	unsigned int nb_queues;
	struct core_guard_queue queues[];
};

/* One, as EAL's interrupt thread is: ports of different owners need the same moments of it. */
static struct {
	atomic_bool open __rte_cache_aligned; /* cores may have bursts */
	pthread_mutex_t setup __rte_cache_aligned; /* attach or detach is under way */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	TAILQ_HEAD(, guarded) ports;
	unsigned int holds;
	bool inside; /* the interrupt thread is in the guard */
	bool ending; /* and has nothing to do there any more */
	struct rte_intr_handle *handle; /* NULL: there is no guarded port */
} guard = {
	.setup = PTHREAD_MUTEX_INITIALIZER,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.ports = TAILQ_HEAD_INITIALIZER(guard.ports),
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void stand_guard(void *arg);
static bool look_at_links(void);
static void look_at_link(struct guarded *guarded);
static struct guarded *find(uint16_t port_id);
static void wait_bursts(void);
static void init_changed(void);
static int begin(void);
static void end(void);
static void close_unregistered(int fd);
static uint16_t guarded_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t guarded_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);

bool
core_guard_needed(const char *driver)
{
	return strcmp(driver, "net_memif") == 0;
}

int
core_guard_attach(uint16_t port_id, struct core_port *ports, unsigned int nb_queues)
{
	struct guarded *guarded;
	unsigned int i;
	int ret = 0;

	guarded =
		rte_zmalloc("core_guard", sizeof(*guarded) + nb_queues * sizeof(guarded->queues[0]),
			    RTE_CACHE_LINE_SIZE);
	if (guarded == NULL)
		return -ENOMEM;
	guarded->port_id = port_id;
	guarded->up = true;
	guarded->nb_queues = nb_queues;
	pthread_mutex_lock(&guard.setup);
	if (guard.handle == NULL)
		ret = begin();
	if (ret == 0) {
		pthread_mutex_lock(&guard.lock);
		TAILQ_INSERT_TAIL(&guard.ports, guarded, next);
		pthread_mutex_unlock(&guard.lock);
		for (i = 0; i < nb_queues; i++) {
			ports[i].guard = &guarded->queues[i];
			ports[i].rx = guarded_rx;
			ports[i].tx = guarded_tx;
		}
	} else {
		rte_free(guarded);
	}
	pthread_mutex_unlock(&guard.setup);
	return ret;
}

void
core_guard_detach(uint16_t port_id)
{
	struct guarded *guarded;
	bool last;

	pthread_mutex_lock(&guard.setup);
	pthread_mutex_lock(&guard.lock);
	guarded = find(port_id);
	if (guarded != NULL)
		TAILQ_REMOVE(&guard.ports, guarded, next);
	last = guarded != NULL && TAILQ_EMPTY(&guard.ports);
	pthread_mutex_unlock(&guard.lock);
	if (last)
		end();
	pthread_mutex_unlock(&guard.setup);
	rte_free(guarded);
}

bool
core_guard_watch(uint16_t port_id, atomic_uint *changes)
{
	struct guarded *guarded;

	pthread_mutex_lock(&guard.lock);
	guarded = find(port_id);
	if (guarded != NULL)
		guarded->changes = changes;
	pthread_mutex_unlock(&guard.lock);
	return guarded != NULL;
}

static struct guarded *
find(uint16_t port_id)
{
	struct guarded *guarded;

	TAILQ_FOREACH (guarded, &guard.ports, next)
		if (guarded->port_id == port_id)
			break;
	return guarded;
}

void
core_guard_hold(void)
{
	pthread_mutex_lock(&guard.lock);
	guard.holds++;
	while (!TAILQ_EMPTY(&guard.ports) && !guard.inside)
		pthread_cond_wait(&guard.changed, &guard.lock);
	pthread_mutex_unlock(&guard.lock);
}

void
core_guard_release(void)
{
	pthread_mutex_lock(&guard.lock);
	if (--guard.holds == 0 && guard.inside)
		pthread_cond_broadcast(&guard.changed);
	pthread_mutex_unlock(&guard.lock);
}

/* The callback, on EAL's interrupt thread: stay for a while, then let the drivers have their turn.
 */
static void
stand_guard(void *arg)
{
	struct timespec until;
	uint64_t until_ns;
	int ret = 0;

	(void)arg;
	pthread_mutex_lock(&guard.lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until_ns = until.tv_nsec + (look_at_links() ? PERIOD_US : PERIOD_NO_LINK_US) * 1000;
	until.tv_sec += until_ns / 1000000000;
	until.tv_nsec = until_ns % 1000000000;
	guard.inside = true;
	pthread_cond_broadcast(&guard.changed);
	atomic_store_explicit(&guard.open, true, memory_order_release);
	while (!guard.ending && (guard.holds > 0 || ret != ETIMEDOUT))
		if (guard.holds > 0)
			pthread_cond_wait(&guard.changed, &guard.lock);
		else
			ret = pthread_cond_timedwait(&guard.changed, &guard.lock, &until);
	atomic_store_explicit(&guard.open, false, memory_order_relaxed);
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	wait_bursts();
	guard.inside = false;
	pthread_mutex_unlock(&guard.lock);
}

/*
 * Whether all are up. Between a peer that goes and the next there are several rounds, so the thread
 * sees both, and cores have no burst before they can know.
 */
static bool
look_at_links(void)
{
	struct guarded *guarded;
	bool up = true;

	TAILQ_FOREACH (guarded, &guard.ports, next) {
		look_at_link(guarded);
		up = up && guarded->up;
	}
	return up;
}

static void
look_at_link(struct guarded *guarded)
{
	struct rte_eth_link link;
	bool up;

	if (rte_eth_link_get_nowait(guarded->port_id, &link) != 0)
		return;
	up = link.link_status == RTE_ETH_LINK_UP;
	if (up != guarded->up && guarded->changes != NULL)
		atomic_store_explicit(guarded->changes, *guarded->changes + 1,
				      memory_order_release);
	guarded->up = up;
}

static void
wait_bursts(void)
{
	static const struct timespec wait = {.tv_nsec = BURST_WAIT_NS};
	struct guarded *guarded;
	unsigned int i;

	TAILQ_FOREACH (guarded, &guard.ports, next)
		for (i = 0; i < guarded->nb_queues; i++)
			while (atomic_load_explicit(&guarded->queues[i].busy, memory_order_acquire))
				nanosleep(&wait, NULL);
}

/* A wait is not to depend on what the time of day is set to. */
static void
init_changed(void)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&guard.changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static int
begin(void)
{
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	int ret;

	if (fd < 0)
		return -errno;
	pthread_once(&once, init_changed);
	pthread_mutex_lock(&guard.lock);
	guard.ending = false;
	pthread_mutex_unlock(&guard.lock);
	ret = -ENOMEM;
	guard.handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (guard.handle == NULL)
		goto fail;
	rte_intr_fd_set(guard.handle, fd);
	rte_intr_type_set(guard.handle, RTE_INTR_HANDLE_EXT);
	ret = rte_intr_callback_register(guard.handle, stand_guard, NULL);
	if (ret == 0)
		return 0;
	rte_intr_instance_free(guard.handle);
	guard.handle = NULL;
fail:
	close(fd);
	return ret;
}

static void
end(void)
{
	int fd = rte_intr_fd_get(guard.handle);

	pthread_mutex_lock(&guard.lock);
	guard.ending = true;
	pthread_cond_broadcast(&guard.changed);
	pthread_mutex_unlock(&guard.lock);
	rte_intr_callback_unregister_sync(guard.handle, stand_guard, NULL);
	rte_intr_instance_free(guard.handle);
	guard.handle = NULL;
	close_unregistered(fd);
}

/* No callback, no use of it: EAL's thread has seen under its lock that it is gone. */
static void
close_unregistered(int fd)
{
	close(fd);
}

static bool
enter(struct core_guard_queue *queue)
{
	atomic_store_explicit(&queue->busy, true, memory_order_relaxed);
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	return likely(atomic_load_explicit(&guard.open, memory_order_acquire));
}

static void
leave(struct core_guard_queue *queue)
{
	atomic_store_explicit(&queue->busy, false, memory_order_release);
}

static uint16_t
guarded_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	uint16_t nb = 0;

	if (enter(port->guard))
		nb = rte_eth_rx_burst(port->port_id, port->queue, mbufs, max);
	leave(port->guard);
	return nb;
}

static uint16_t
guarded_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	uint16_t sent = 0;

	if (enter(port->guard))
		sent = rte_eth_tx_burst(port->port_id, port->queue, mbufs, nb);
	leave(port->guard);
	return sent;
}
