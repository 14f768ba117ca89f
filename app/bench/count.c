/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "count.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

/* Of each thread, for a lock knows nothing else to count in. */
static __thread struct count count;

/*
 * Count, then do what the C library does. Its function is looked up at the first call, which may
 * come before main(); to look it up twice does no harm.
 */
#define COUNT_LOCK(name, type)                                                                     \
	int name(type *lock)                                                                       \
	{                                                                                          \
		static int (*_Atomic real)(type *);                                                \
		int (*call)(type *) = real;                                                        \
                                                                                                   \
		if (call == NULL)                                                                  \
			real = call = (int (*)(type *))dlsym(RTLD_NEXT, #name);                    \
		count.locks++;                                                                     \
		return call(lock);                                                                 \
	}

COUNT_LOCK(pthread_mutex_lock, pthread_mutex_t)
COUNT_LOCK(pthread_mutex_trylock, pthread_mutex_t)
COUNT_LOCK(pthread_rwlock_rdlock, pthread_rwlock_t)
COUNT_LOCK(pthread_rwlock_wrlock, pthread_rwlock_t)
COUNT_LOCK(pthread_spin_lock, pthread_spinlock_t)

struct count
count_now(void)
{
	return count;
}

void
count_add(struct count *sum, const struct count *before, const struct count *after)
{
	sum->locks += after->locks - before->locks;
	sum->allocations += after->allocations - before->allocations;
}

void *
count_malloc(size_t bytes)
{
	count.allocations++;
	return malloc(bytes);
}

void *
count_realloc(void *memory, size_t bytes)
{
	count.allocations++;
	return realloc(memory, bytes);
}
