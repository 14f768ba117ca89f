/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What a storage engine is: the requests it receives, the responses it gives and the table of
 * functions between the two.
 *
 * A request is owned by the core that parsed it and lives until it is answered; the engine may
 * read it until then, from any thread. A response is a value: it is copied through the submit
 * rings. What a response points to belongs to the engine and stays valid, and as it is, until its
 * release function has run, once, on the core that owns the request: for a large value, when the
 * client has received it.
 *
 * Threads: each function states its own. "The core" is the lcore that owns the request's
 * connection, "an executor" is the thread that calls tr_engine_ops.execute: an engine thread, or
 * the core itself when there are none.
 */
#ifndef TR_ENGINE_H
#define TR_ENGINE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Longest key, in bytes (memcached doc/protocol.txt, "Keys"). */
#define TR_ENGINE_KEY_MAX 250

/** Words in a request that belong to the protocol which made it. */
#define TR_ENGINE_PROTOCOL_WORDS 4

/** What a request asks for. */
enum tr_engine_op {
	TR_ENGINE_GET, /**< The value of a key. */
	TR_ENGINE_GAT, /**< The value of a key, and set its expiry. */
	TR_ENGINE_TOUCH, /**< Set the expiry of a key. */
	TR_ENGINE_SET, /**< Store, whether or not the key exists. */
	TR_ENGINE_ADD, /**< Store if the key does not exist. */
	TR_ENGINE_REPLACE, /**< Store if the key exists. */
	TR_ENGINE_APPEND, /**< Add the value after the stored one. */
	TR_ENGINE_PREPEND, /**< Add the value before the stored one. */
	TR_ENGINE_DELETE, /**< Remove a key. */
	TR_ENGINE_INCR, /**< Add delta to a decimal value, wrapping at 2^64. */
	TR_ENGINE_DECR, /**< Subtract delta from a decimal value, stopping at 0. */
	TR_ENGINE_FLUSH, /**< Drop all items, now or at expiry_s. */
	TR_ENGINE_STAT, /**< Engine statistics; the key, if any, names the group. */
	TR_ENGINE_OPS /**< Number of operations; not an operation. */
};

/** How a request ended. */
enum tr_engine_status {
	TR_ENGINE_OK,
	TR_ENGINE_NOT_FOUND, /**< No such key. */
	TR_ENGINE_EXISTS, /**< The cas given is not the item's. */
	TR_ENGINE_NOT_STORED, /**< The condition of add, replace, append or prepend failed. */
	TR_ENGINE_TOO_LARGE, /**< The item is larger than the engine takes. */
	TR_ENGINE_BAD_DELTA, /**< incr or decr of something that is not a number. */
	TR_ENGINE_NO_MEMORY, /**< The engine has no room, and could make none. */
	TR_ENGINE_INVALID, /**< The arguments make no sense together. */
	TR_ENGINE_NOT_SUPPORTED, /**< The engine does not have this operation. */
	TR_ENGINE_BUSY, /**< A temporary failure: the client may try again. */
	TR_ENGINE_STATUSES /**< Number of statuses; not a status. */
};

/** Marks on an item, for the protocols that report them. */
#define TR_ENGINE_MARK_FETCHED 0x01 /**< Read since it was stored. */
#define TR_ENGINE_MARK_STALE 0x02 /**< Invalidated, kept for whoever may still use it. */
#define TR_ENGINE_MARK_WON 0x04 /**< This client won the right to recache. */

/** A missing counter is not created by TR_ENGINE_INCR or TR_ENGINE_DECR. */
#define TR_ENGINE_NO_CREATE 0x01

/**
 * A request, as an engine and a protocol see it.
 *
 * Owner: the core. An engine writes only @p item and @p value, in prepare, on the core.
 */
struct tr_request {
	uint64_t token; /**< Opaque to engines: goes back in the response. */
	void *item; /**< The engine's own, from prepare. */
	uint8_t *value; /**< Where the value's bytes are, inside the item. */
	uint32_t value_len; /**< Bytes of value that the request carries. */
	uint32_t hash; /**< Of the key and a secret of the server: XXH3. */
	uint64_t cas; /**< Proceed only if the item has this cas; 0: whatever it has. */
	uint64_t delta; /**< For incr and decr. */
	uint64_t initial; /**< Value of a counter that incr or decr creates. */
	uint64_t now_us; /**< The core's clock as the request was started. */
	uint32_t now_s; /**< UNIX time, seconds: what expiry_s is compared with. */
	uint32_t expiry_s; /**< When the item expires, on the scale of now_s; 0: never. */
	uint32_t client_flags; /**< Stored with the value, for the client. */
	uint16_t core; /**< Index of the owning core, below tr_engine_config.nb_cores. */
	uint16_t key_len; /**< Bytes in key. */
	uint8_t op; /**< One of enum tr_engine_op. */
	uint8_t flags; /**< TR_ENGINE_NO_CREATE. */
	uint8_t datatype; /**< MCBP datatype, stored with the value. */
	uint8_t protocol_op; /**< The protocol's own name for the operation. */
	uint64_t protocol_data[TR_ENGINE_PROTOCOL_WORDS]; /**< Belongs to the protocol. */
	uint8_t key[TR_ENGINE_KEY_MAX]; /**< key_len bytes, no terminator. */
};

/**
 * A response: one message of a submit ring, exactly 64 bytes.
 *
 * For TR_ENGINE_GET and GAT the value is the item's; for TR_ENGINE_STAT it is a sequence of
 * name NUL text NUL; for TR_ENGINE_INCR and DECR @p number is the new value.
 */
struct tr_response {
	uint64_t token; /**< The request's. */
	uint64_t cas; /**< The item's cas after the request, or 0. */
	union {
		struct {
			const void *value; /**< Unchanged until release, or NULL. */
			void (*release)(void *arg); /**< See tr_engine_release_fn; may be NULL. */
			void *release_arg; /**< Its argument. */
		};
		uint64_t number; /**< For incr and decr: value_len is 0 and nothing is released. */
	};
	uint32_t value_len; /**< Bytes at value. */
	uint32_t client_flags; /**< As stored. */
	uint32_t ttl_s; /**< Seconds left, UINT32_MAX: never expires. */
	uint32_t last_access_s; /**< Seconds since the item was last read or stored. */
	uint16_t status; /**< One of enum tr_engine_status. */
	uint8_t datatype; /**< As stored. */
	uint8_t marks; /**< TR_ENGINE_MARK_*. */
	uint8_t has_number; /**< The union holds number. */
	uint8_t reserved[3]; /**< Zero. */
};

static_assert(sizeof(struct tr_response) == 64, "a response is one 64-byte ring message");

/** What execute() says. */
enum tr_engine_verdict {
	TR_ENGINE_DONE, /**< The response is filled in. */
	TR_ENGINE_PENDING /**< One of the engine's own threads will answer through its producer. */
};

struct tr_submit;

/** What an engine is told as it is created. */
struct tr_engine_config {
	unsigned int nb_cores; /**< Cores that call prepare, discard and release. */
	unsigned int nb_executors; /**< Threads that call execute: engine threads, else cores. */
	/**
	 * Requests with equal (hash % nb_executors) execute on one thread. False when several cores
	 * execute their own requests, or an engine around this one has threads that execute: then
	 * any executor may execute any key, of any core, at any time.
	 */
	bool partitioned;
	uint32_t requests_max; /**< Most requests that all cores together have unanswered. */
	uint64_t prepared_bytes; /**< Most bytes that cores together hold prepared, not executed. */
	uint32_t value_max; /**< Largest value, in bytes, that a protocol will prepare. */
	struct tr_submit *submit; /**< Where the engine's own threads register as producers. */
	/** Where engines are looked for, for one that opens another; NULL-terminated, or NULL. */
	const char *const *directories;
};

/**
 * An engine: one const table, registered by TR_ENGINE_REGISTER.
 *
 * No function may block. None is called again after destroy.
 */
struct tr_engine_ops {
	/** The name that --engine takes: letters, digits and dashes. */
	const char *name;

	/** One line for the help: the arguments that create() takes, with their defaults. */
	const char *args_help;

	/**
	 * Create an instance. Control thread, before any core runs.
	 *
	 * @param args
	 *   "key=value,key=value" as given after the engine's name, or NULL.
	 * @param config
	 *   Valid during the call, but for config->submit, which lives as long as the engine.
	 * @param error
	 *   On failure: one line that names the bad argument and says what would do.
	 * @param error_size
	 *   Room at error, in bytes.
	 * @return
	 *   The instance, or NULL.
	 */
	void *(*create)(const char *args, const struct tr_engine_config *config, char *error,
			size_t error_size);

	/**
	 * Answer what is pending, and end the threads that the engine has of its own. Control
	 * thread; no core and no engine thread runs any more, but the requests are still there, and
	 * release and discard are called until destroy. NULL for an engine without such threads.
	 */
	void (*stop)(void *engine);

	/** Free an instance. Control thread; nothing of it is in use any more. */
	void (*destroy)(void *engine);

	/**
	 * Give the memory where the value of a storing request will live. The core; concurrently
	 * with execute on other threads.
	 *
	 * Key, key_len, value_len, client_flags, datatype and op are set. On success request->item
	 * and, when value_len is not 0, request->value are set; they are given back by exactly one
	 * call of execute or discard.
	 *
	 * @return
	 *   TR_ENGINE_OK, TR_ENGINE_TOO_LARGE or TR_ENGINE_NO_MEMORY.
	 */
	enum tr_engine_status (*prepare)(void *engine, struct tr_request *request);

	/** Take back what prepare gave, of a request that will not be executed. The core. */
	void (*discard)(void *engine, struct tr_request *request);

	/**
	 * Execute a request. An executor.
	 *
	 * Consumes what prepare gave, whatever the answer. @p response arrives zeroed but for its
	 * token. On TR_ENGINE_PENDING it is ignored, and a thread of the engine's own answers
	 * exactly once with tr_submit_response(); the request stays readable until it does.
	 */
	enum tr_engine_verdict (*execute)(void *engine, const struct tr_request *request,
					  struct tr_response *response);

	/**
	 * Do what the prompt says: "set engine COMMAND". A control thread, while cores and
	 * executors run. NULL for an engine that takes no commands.
	 *
	 * @param command
	 *   Words with one space between them.
	 * @param reply
	 *   One line, without its end: what was done; or what was wrong, and what would do.
	 * @param reply_size
	 *   Room at reply, in bytes.
	 * @return
	 *   0, or -EINVAL for a command that the engine does not know.
	 */
	int (*control)(void *engine, const char *command, char *reply, size_t reply_size);
};

/**
 * Add an engine to the registry: the one global of the project. Before main, or while the
 * loader runs; control thread.
 *
 * @return
 *   0, -EEXIST when the name is taken, -EINVAL when the table lacks a name or a function,
 *   -ENOSPC when there are 64 engines.
 */
int tr_engine_register(const struct tr_engine_ops *ops);

/** Take an engine out of the registry, as its shared object is unloaded. */
void tr_engine_unregister(const struct tr_engine_ops *ops);

/**
 * Register a table of operations as its object is loaded.
 *
 * @param ops
 *   A const struct tr_engine_ops with static storage.
 */
#define TR_ENGINE_REGISTER(ops)                                                                    \
	__attribute__((constructor)) static void ops##_register(void)                              \
	{                                                                                          \
		tr_engine_register(&(ops));                                                        \
	}                                                                                          \
	__attribute__((destructor)) static void ops##_unregister(void)                             \
	{                                                                                          \
		tr_engine_unregister(&(ops));                                                      \
	}

/** An engine that runs: its table, its instance, and the shared object that it came from. */
struct tr_engine {
	const struct tr_engine_ops *ops; /**< Its table; NULL: there is none. */
	void *instance; /**< What its functions take first. */
	void *library; /**< dlopen handle that keeps its object loaded, or NULL. */
};

/**
 * Find, load if need be, and create an engine: a server's, or one that another engine wraps.
 * Control thread.
 *
 * @param spec
 *   NAME or PATH.so, then optional ",key=value..." for the engine. A NAME that is not registered
 *   is looked for as engine_NAME.so in @p config->directories.
 * @param config
 *   Handed to the engine.
 * @param engine
 *   Filled in on success.
 * @param error
 *   On failure: one line that says what was wrong and what would do.
 * @param error_size
 *   Room at error, in bytes.
 * @return
 *   0, -ENOENT (no such engine), -EINVAL (bad arguments or not an engine).
 */
int tr_engine_open(const char *spec, const struct tr_engine_config *config,
		   struct tr_engine *engine, char *error, size_t error_size);

/** Destroy the instance and unload what tr_engine_open() loaded. Control thread. */
void tr_engine_close(struct tr_engine *engine);

#ifdef __cplusplus
}
#endif

#endif /* TR_ENGINE_H */
