/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_ip.h>

#define SERVER RTE_IPV4(10, 0, 0, 2)
#define CLIENT RTE_IPV4(10, 0, 0, 1)
#define CLIENT_PORT 30000
#define KILOBYTE 1024

/* The protocol's state: a store in progress. */
struct rig_state {
	struct tr_request *store;
	uint32_t missing;
	uint32_t skip; /* of a value that was refused */
	uint32_t number; /* of the connection */
	struct tr_conn *conn;
};

static const struct tcp_events client_events;
static const struct tr_engine_ops rig_engine;
static const struct tr_protocol_ops rig_protocol;

static unsigned int free_requests(const struct core *core);

void
core_rig_init(struct core_rig *rig, const struct tr_core_config *config)
{
	static const struct sim_wire_config wire = {
		.delay_us = 100, .mtu = 1500, .tx_segments = true, .share_mbufs = true};

	core_rig_init_wire(rig, config, &wire, 1);
}

void
core_rig_init_wire(struct core_rig *rig, const struct tr_core_config *config,
		   const struct sim_wire_config *wire, uint64_t seed)
{
	const struct tr_engine engine = {.ops = &rig_engine, .instance = rig};

	core_rig_init_engine(rig, config, wire, seed, &engine);
}

void
core_rig_init_engine(struct core_rig *rig, const struct tr_core_config *config,
		     const struct sim_wire_config *wire, uint64_t seed,
		     const struct tr_engine *engine)
{
	struct sim_stack_config stack = {
		.name = "client",
		.addr = tr_addr_ipv4(rte_cpu_to_be_32(CLIENT)),
		.events = &client_events,
		.events_arg = rig,
		.nb_mbufs = 4096,
		.receive_window_bytes = 65536,
	};
	struct submit_config submit = {.nb_cores = 1};
	struct core_config core = {.server = &rig->config, .owner = rig, .engine = &rig->engine};
	struct core_listener listener = {
		.port = rte_cpu_to_be_16(CORE_RIG_PORT), .ops = &rig_protocol, .protocol = rig};

	memset(rig, 0, sizeof(*rig));
	rig->now_us = 1;
	rig->config = *config;
#define DEFAULT(field, value) rig->config.field = config->field != 0 ? config->field : (value)
	DEFAULT(conns_max, 64);
	DEFAULT(credits, 64);
	DEFAULT(value_max, 1024 * KILOBYTE);
	DEFAULT(body_budget_bytes, 4096 * KILOBYTE);
	DEFAULT(body_timeout_ms, 10000);
	DEFAULT(request_timeout_ms, 600000);
	DEFAULT(send_timeout_ms, 60000);
	DEFAULT(send_max_bytes, 1024 * KILOBYTE);
#undef DEFAULT
	rig->config.ipv4.addr = tr_addr_ipv4(rte_cpu_to_be_32(SERVER));
	rig->config.ipv4.prefix_len = 24;
	rig->wire = sim_wire_create(wire, seed);
	assert_non_null(rig->wire);
	stack.port = sim_wire_port(rig->wire, 0);
	sim_stack_init(&rig->stack, &stack);
	submit.credits = rig->config.credits;
	submit.nb_threads = rig->config.engine_threads;
	rig->submit = submit_create(&submit);
	assert_non_null(rig->submit);
	rig->producer = tr_submit_producer_create(rig->submit, "test");
	assert_non_null(rig->producer);
	rig->engine = *engine;
	assert_return_code(submit_start(rig->submit, engine->ops, engine->instance), 0);
	core.submit = rig->submit;
	core.port = sim_wire_port(rig->wire, 1);
	rig->core = core_create(&core);
	assert_non_null(rig->core);
	assert_return_code(core_listen(rig->core, &listener), 0);
	listener.port = rte_cpu_to_be_16(CORE_RIG_ECHO_PORT);
	listener.ops = &tr_core_echo;
	assert_return_code(core_listen(rig->core, &listener), 0);
}

void
core_rig_deinit(struct core_rig *rig)
{
	struct core_rig_client *client;
	unsigned int i;

	for (client = rig->clients; client < rig->clients + CORE_RIG_CONNS_MAX; client++)
		if (client->tcp != NULL)
			tcp_abort(client->tcp);
	core_rig_run(rig, 100000);
	while (rig->nb_pending > 0)
		core_rig_answer(rig, rig->pending[0]->key[0]);
	core_abort(rig->core);
	core_rig_run(rig, 100000);
	assert_int_equal(rig->core->credits_used, 0);
	assert_int_equal(rig->prepared, 0);
	assert_int_equal(rig->released, rig->answered);
	assert_int_equal(rig->core->chains.reference_bytes, 0);
	assert_int_equal(free_requests(rig->core), rig->core->credits_max);
	assert_int_equal(rig->core->nb_conns, 0);
	assert_int_equal(rte_mempool_in_use_count(rig->core->chains.mbufs), 0);
	assert_int_equal(rig->core->body_bytes[0] + rig->core->body_bytes[1], 0);
	assert_int_equal(rig->core->body_incomplete[0] + rig->core->body_incomplete[1], 0);
	for (i = 0; i < CORE_ORDER_SLOTS; i++)
		assert_int_equal(rig->core->order_keys[i], 0);
	core_rig_free(rig);
}

static unsigned int
free_requests(const struct core *core)
{
	const struct core_request *request;
	unsigned int nb = 0;

	for (request = SLIST_FIRST(&core->requests_free); request != NULL;
	     request = SLIST_NEXT(request, free_link))
		nb++;
	return nb;
}

void
core_rig_free(struct core_rig *rig)
{
	submit_stop(rig->submit);
	core_destroy(rig->core);
	tr_submit_producer_destroy(rig->producer);
	submit_destroy(rig->submit);
	sim_stack_deinit(&rig->stack);
	sim_wire_destroy(rig->wire);
}

void
core_rig_run(struct core_rig *rig, uint64_t us)
{
	uint64_t end_us = rig->now_us + us, next_us;
	unsigned int work;

	while (rig->now_us < end_us) {
		sim_wire_advance(rig->wire, rig->now_us);
		sim_stack_poll(&rig->stack, rig->now_us);
		work = core_poll(rig->core, rig->now_us);
		next_us = work > 0 ? rig->now_us + 1 : core_sleep_until_us(rig->core);
		next_us = RTE_MIN(next_us, sim_wire_next_us(rig->wire));
		next_us = RTE_MIN(next_us, sim_stack_next_us(&rig->stack));
		rig->now_us = RTE_MIN(RTE_MAX(next_us, rig->now_us + 1), end_us);
	}
}

void
core_rig_connect(struct core_rig *rig, unsigned int index)
{
	core_rig_connect_to(rig, index, CORE_RIG_PORT);
}

void
core_rig_connect_to(struct core_rig *rig, unsigned int index, uint16_t port)
{
	core_rig_connect_begin(rig, index, port);
	core_rig_run(rig, 2000);
	assert_true(rig->clients[index].open);
}

void
core_rig_connect_begin(struct core_rig *rig, unsigned int index, uint16_t port)
{
	struct core_rig_client *client = &rig->clients[index];

	client->rig = rig;
	client->tcp = tcp_connect(rig->stack.tcp, rig->config.ipv4.addr, rte_cpu_to_be_16(port),
				  rte_cpu_to_be_16(CLIENT_PORT + index), client, rig->now_us);
	assert_non_null(client->tcp);
}

void
core_rig_send(struct core_rig *rig, unsigned int index, const void *data, size_t len)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
	struct tcp_conn *tcp = rig->clients[index].tcp;

	assert_return_code(tr_chain_append(tcp_chain(tcp), &part, 1), 0);
	tcp_send(tcp);
	core_rig_run(rig, 5000);
}

void
core_rig_say(struct core_rig *rig, unsigned int index, const char *text)
{
	core_rig_send(rig, index, text, strlen(text));
}

static void
release(void *arg)
{
	struct core_rig *rig = arg;

	rig->released++;
}

/* A value in memory of its own, where the address sanitizer sees whoever reads it too late. */
struct rig_value {
	struct core_rig *rig;
	uint8_t bytes[];
};

static void
release_value(void *arg)
{
	struct rig_value *value = arg;

	value->rig->released++;
	free(value);
}

uint8_t
core_rig_value_byte(char letter, uint32_t offset)
{
	return letter + offset * 7 + offset / 251;
}

static void
fill_value(struct core_rig *rig, char letter, uint32_t len, struct tr_response *response)
{
	struct rig_value *value = malloc(sizeof(*value) + len);
	uint32_t i;

	assert_non_null(value);
	value->rig = rig;
	for (i = 0; i < len; i++)
		value->bytes[i] = core_rig_value_byte(letter, i);
	response->value = value->bytes;
	response->value_len = len;
	response->release = release_value;
	response->release_arg = value;
}

/* What the rig remembers of a request for its history, in the protocol's words. */
enum {
	WORD_CONN,
	WORD_QUIET,
};

static void
record(struct core_rig *rig, enum order_event_kind kind, const struct tr_request *request)
{
	const struct order_event event = {
		.at_us = rig->now_us,
		.id = request->token,
		.conn = request->protocol_data[WORD_CONN],
		.kind = kind,
	};

	if (rig->history != NULL)
		order_history_add(rig->history, &event);
}

/* The answer to a letter is the letter, and a value if it has one. */
static void
fill(struct core_rig *rig, const struct tr_request *request, struct tr_response *response)
{
	unsigned int letter = request->key[0] - 'a';

	rig->answered++;
	record(rig, ORDER_ANSWERED, request);
	response->token = request->token;
	response->status = TR_ENGINE_OK;
	if (letter < RTE_DIM(rig->value_bytes) && rig->value_bytes[letter] > 0) {
		fill_value(rig, request->key[0], rig->value_bytes[letter], response);
		return;
	}
	response->value = request->key;
	response->value_len = 1;
	response->release = release;
	response->release_arg = rig;
}

void
core_rig_answer(struct core_rig *rig, char key)
{
	struct tr_response response = {0};
	unsigned int i;

	for (i = 0; i < rig->nb_pending && rig->pending[i]->key[0] != key; i++)
		;
	assert_true(i < rig->nb_pending);
	fill(rig, rig->pending[i], &response);
	rig->nb_pending--;
	memmove(&rig->pending[i], &rig->pending[i + 1],
		(rig->nb_pending - i) * sizeof(rig->pending[0]));
	tr_submit_response(rig->producer, &response);
	core_rig_run(rig, 5000);
}

void
core_rig_answer_all(struct core_rig *rig)
{
	struct tr_response response = {0};

	for (; rig->nb_pending > 0; rig->nb_pending--) {
		fill(rig, rig->pending[rig->nb_pending - 1], &response);
		tr_submit_response(rig->producer, &response);
	}
}

/* The client's side. */

static void *
client_opened(void *arg, struct tcp_conn *tcp, void *listener_arg)
{
	struct core_rig_client *client = tcp_conn_user(tcp);

	(void)arg;
	(void)listener_arg;
	client->open = true;
	return client;
}

static void
client_readable(void *user, struct tcp_conn *tcp)
{
	struct core_rig_client *client = user;
	const uint8_t *data;
	uint32_t len;

	if (client->deaf)
		return;
	while (client->rig->sink != NULL && tcp_receive_bytes(tcp) > 0) {
		data = tcp_receive_peek(tcp, &len);
		client->rig->sink(client->rig, client - client->rig->clients, data, len);
		tcp_receive_consume(tcp, len);
	}
	len = tcp_receive_copy(tcp, client->received + client->nb_received,
			       sizeof(client->received) - 1 - client->nb_received);
	client->nb_received += len;
	tcp_receive_consume(tcp, len);
}

void
core_rig_read(struct core_rig *rig, unsigned int index)
{
	rig->clients[index].deaf = false;
	client_readable(&rig->clients[index], rig->clients[index].tcp);
}

static void
client_urgent(void *user, struct tcp_conn *tcp)
{
	struct core_rig_client *client = user;

	client->urgent_end = client->nb_received + tcp_receive_urgent(tcp);
}

static void
client_nothing(void *user, struct tcp_conn *tcp)
{
	(void)user;
	(void)tcp;
}

static void
client_peer_closed(void *user, struct tcp_conn *tcp)
{
	(void)user;
	tcp_close(tcp);
}

static void
client_closed(void *user, struct tcp_conn *tcp, int error)
{
	struct core_rig_client *client = user;

	(void)tcp;
	(void)error;
	client->tcp = NULL;
	client->ended = true;
}

static const struct tcp_events client_events = {
	.opened = client_opened,
	.urgent = client_urgent,
	.readable = client_readable,
	.sent = client_nothing,
	.peer_closed = client_peer_closed,
	.closed = client_closed,
};

/* The engine. */

static enum tr_engine_status
rig_prepare(void *engine, struct tr_request *request)
{
	struct core_rig *rig = engine;

	request->item = malloc(request->value_len + 1);
	request->value = request->item;
	rig->prepared++;
	return TR_ENGINE_OK;
}

static void
rig_discard(void *engine, struct tr_request *request)
{
	struct core_rig *rig = engine;

	free(request->item);
	rig->prepared--;
}

static enum tr_engine_verdict
rig_execute(void *engine, const struct tr_request *request, struct tr_response *response)
{
	struct core_rig *rig = engine;

	if (request->op == TR_ENGINE_STAT) {
		static const char list[] = "one\0001\0two\0002";

		response->value = list;
		response->value_len = sizeof(list);
		return TR_ENGINE_DONE;
	}
	rig->executed[rig->nb_executed++] = request->key[0];
	record(rig, ORDER_EXECUTED, request);
	if (request->op == TR_ENGINE_SET) {
		free(request->item);
		rig->prepared--;
	}
	if (rig->answer_at_once) {
		fill(rig, request, response);
		return TR_ENGINE_DONE;
	}
	rig->pending[rig->nb_pending++] = (struct tr_request *)(uintptr_t)request;
	return TR_ENGINE_PENDING;
}

static void *
rig_create(const char *args, const struct tr_engine_config *config, char *error, size_t error_size)
{
	(void)args;
	(void)config;
	(void)error;
	(void)error_size;
	return NULL;
}

static void
rig_destroy(void *engine)
{
	(void)engine;
}

static const struct tr_engine_ops rig_engine = {
	.name = "rig",
	.create = rig_create,
	.destroy = rig_destroy,
	.prepare = rig_prepare,
	.discard = rig_discard,
	.execute = rig_execute,
};

/* The protocol. */

static void *
protocol_create(void *arg, unsigned int core)
{
	(void)core;
	return arg;
}

static void
protocol_destroy(void *protocol)
{
	(void)protocol;
}

static void
protocol_open(void *protocol, struct tr_conn *conn, void *state)
{
	struct core_rig *rig = protocol;

	((struct rig_state *)state)->number = rig->nb_opened++;
	((struct rig_state *)state)->conn = conn;
}

static void
protocol_closed(void *protocol, void *state)
{
	struct core_rig *rig = protocol;
	const struct order_event event = {
		.at_us = rig->now_us,
		.id = UINT64_MAX,
		.conn = ((struct rig_state *)state)->number,
		.kind = ORDER_CLOSED,
	};

	if (rig->history != NULL)
		order_history_add(rig->history, &event);
}

static enum tr_protocol_verdict
parse_store(const struct tr_protocol_host *host, struct tr_conn *conn, struct rig_state *state,
	    const uint8_t *data, size_t len, size_t *consumed)
{
	const struct core_rig *rig = conn->core->owner;
	struct tr_response response = {0};
	enum tr_engine_status status;
	struct tr_request *request;
	int ret;

	if (len - *consumed < 4)
		return TR_PROTOCOL_MORE;
	request = host->request_get(conn);
	if (request == NULL)
		return TR_PROTOCOL_BLOCKED;
	request->op = TR_ENGINE_SET;
	request->key[0] = 's';
	request->key_len = 1;
	request->value_len = atoi((const char[]){data[*consumed + 1], data[*consumed + 2],
						 data[*consumed + 3], 0}) *
			     KILOBYTE;
	ret = host->request_prepare(conn, request, data + *consumed + 4, rig->trailer_bytes,
				    &status);
	if (ret == -EAGAIN) {
		host->request_put(conn, request);
		return TR_PROTOCOL_BLOCKED;
	}
	*consumed += 4;
	if (ret < 0) {
		response.status = status;
		state->skip = request->value_len;
		host->request_answer(conn, request, &response, 0);
		return TR_PROTOCOL_MORE;
	}
	state->store = request;
	state->missing = request->value_len;
	return TR_PROTOCOL_MORE;
}

/* A letter, and what stands before it. */
static enum tr_protocol_verdict
parse_letter(const struct tr_protocol_host *host, struct tr_conn *conn, struct rig_state *state,
	     const uint8_t *data, size_t len, size_t *consumed)
{
	static const struct tr_response ok = {.status = TR_ENGINE_OK};
	struct core_rig *rig = conn->core->owner;
	struct order_event event = {.at_us = rig->now_us, .conn = state->number};
	struct tr_request *request;
	unsigned int order;
	size_t nb = *consumed;

	for (; nb < len && (data[nb] == 'U' || data[nb] == 'Q'); nb++) {
		event.unordered |= data[nb] == 'U';
		event.quiet |= data[nb] == 'Q';
	}
	if (nb == len)
		return TR_PROTOCOL_MORE;
	request = host->request_get(conn);
	if (request == NULL)
		return TR_PROTOCOL_BLOCKED;
	*consumed = nb + 1;
	event.id = request->token;
	event.key = data[nb];
	event.barrier = event.key >= 'A' && event.key <= 'Z';
	event.local = event.barrier && event.key != 'F';
	request->key[0] = event.key;
	request->key_len = 1;
	request->op = TR_ENGINE_GET;
	request->protocol_data[WORD_CONN] = event.conn;
	request->protocol_data[WORD_QUIET] = event.quiet;
	if (rig->history != NULL)
		order_history_add(rig->history, &event);
	order = (event.barrier ? TR_PROTOCOL_BARRIER : 0) |
		(event.unordered ? TR_PROTOCOL_UNORDERED : 0);
	if (event.local)
		host->request_answer(conn, request, &ok, order);
	else
		host->request_start(conn, request, order);
	return TR_PROTOCOL_MORE;
}

static enum tr_protocol_verdict
protocol_parse(void *protocol, const struct tr_protocol_host *host, struct tr_conn *conn,
	       void *conn_state, const uint8_t *data, size_t len, size_t *consumed)
{
	static const struct tr_response ok = {.status = TR_ENGINE_OK};
	struct rig_state *state = conn_state;
	struct tr_request *request;
	struct core_rig *rig = protocol;
	size_t nb;
	char c;

	rig->host = host;
	*consumed = 0;
	while (*consumed < len) {
		if (state->skip > 0) {
			nb = RTE_MIN(len - *consumed, (size_t)state->skip);
			state->skip -= nb;
			*consumed += nb;
			continue;
		}
		if (state->store != NULL) {
			nb = RTE_MIN(len - *consumed, (size_t)state->missing);
			memcpy(state->store->value + state->store->value_len - state->missing,
			       data + *consumed, nb);
			state->missing -= nb;
			*consumed += nb;
			if (state->missing > 0)
				return TR_PROTOCOL_MORE;
			request = state->store;
			state->store = NULL;
			if (request->value_len > 0 && request->value[0] == '!')
				host->request_answer(conn, request, &ok, 0);
			else
				host->request_start(conn, request, 0);
			continue;
		}
		c = data[*consumed];
		if (c == '.') {
			host->close(conn);
			return TR_PROTOCOL_CLOSED;
		}
		if (c == 'S') {
			nb = *consumed;
			if (parse_store(host, conn, state, data, len, consumed) ==
			    TR_PROTOCOL_BLOCKED)
				return TR_PROTOCOL_BLOCKED;
			if (*consumed == nb)
				return TR_PROTOCOL_MORE;
			continue;
		}
		nb = *consumed;
		if (parse_letter(host, conn, state, data, len, consumed) == TR_PROTOCOL_BLOCKED)
			return TR_PROTOCOL_BLOCKED;
		if (*consumed == nb)
			return TR_PROTOCOL_MORE;
	}
	return TR_PROTOCOL_MORE;
}

static int
protocol_compose(void *protocol, void *state, const struct tr_request *request,
		 const struct tr_response *response, struct tr_chain *chain)
{
	struct iovec parts[2] = {{(void *)(uintptr_t)request->key, 1}};
	struct core_rig *rig = protocol;
	struct order_event event = {
		.at_us = rig->now_us,
		.id = request->token,
		.conn = request->protocol_data[WORD_CONN],
		.kind = ORDER_COMPOSED,
		.failed = response->status != TR_ENGINE_OK,
	};
	static const char failure[] = "?";
	int ret = 0;

	if (event.failed)
		parts[0].iov_base = (void *)(uintptr_t)failure;
	if (response->value_len <= 1) {
		event.bytes = event.failed || request->protocol_data[WORD_QUIET] == 0;
		if (event.bytes > 0)
			ret = tr_chain_append(chain, parts, 1);
		if (rig->history != NULL && ret == 0)
			order_history_add(rig->history, &event);
		if (rig->answer_urgent)
			rig->host->urgent(((struct rig_state *)state)->conn);
		return ret;
	}
	parts[1] = (struct iovec){(void *)(uintptr_t)response->value, response->value_len};
	return tr_chain_append_value(chain, parts, 2, 1, response->release, response->release_arg);
}

static void
protocol_urgent(void *protocol, struct tr_conn *conn, void *state, uint32_t bytes)
{
	struct core_rig *rig = protocol;

	assert_ptr_equal(((struct rig_state *)state)->conn, conn);
	rig->nb_urgent++;
	rig->urgent_bytes = bytes;
}

static const struct tr_protocol_ops rig_protocol = {
	.name = "rig",
	.state_bytes = sizeof(struct rig_state),
	.create = protocol_create,
	.destroy = protocol_destroy,
	.open = protocol_open,
	.closed = protocol_closed,
	.parse = protocol_parse,
	.compose = protocol_compose,
	.urgent = protocol_urgent,
};
