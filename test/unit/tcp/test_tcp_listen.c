/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tcp_listen.h"

/* Shows: MUST-43. */
static void
test_address_before_any(void **state)
{
	const struct tr_addr any = {{0}}, seven = tr_addr_ipv4(7), eight = tr_addr_ipv4(8);
	struct tcp_listen listen = {.listeners = {
					    [2] = {.used = true, .addr = any, .port = 80},
					    [3] = {.used = true, .addr = seven, .port = 80},
					    [4] = {.used = true, .addr = eight, .port = 81},
					    [5] = {.used = false, .addr = any, .port = 82},
				    }};

	(void)state;
	assert_ptr_equal(tcp_listen_lookup(&listen, &seven, 80), &listen.listeners[3]);
	assert_ptr_equal(tcp_listen_lookup(&listen, &eight, 80), &listen.listeners[2]);
	assert_ptr_equal(tcp_listen_lookup(&listen, &eight, 81), &listen.listeners[4]);
	assert_null(tcp_listen_lookup(&listen, &seven, 81));
	assert_null(tcp_listen_lookup(&listen, &seven, 82));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_before_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
