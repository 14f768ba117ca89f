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

static void
test_address_before_any(void **state)
{
	struct tcp_listen listen = {.listeners = {
					    [2] = {.used = true, .addr = 0, .port = 80},
					    [3] = {.used = true, .addr = 7, .port = 80},
					    [4] = {.used = true, .addr = 8, .port = 81},
					    [5] = {.used = false, .addr = 0, .port = 82},
				    }};

	(void)state;
	assert_ptr_equal(tcp_listen_lookup(&listen, 7, 80), &listen.listeners[3]);
	assert_ptr_equal(tcp_listen_lookup(&listen, 8, 80), &listen.listeners[2]);
	assert_ptr_equal(tcp_listen_lookup(&listen, 8, 81), &listen.listeners[4]);
	assert_null(tcp_listen_lookup(&listen, 7, 81));
	assert_null(tcp_listen_lookup(&listen, 7, 82));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_before_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
