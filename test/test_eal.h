/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What every C test of tailrace begins and ends with: an EAL that needs no hugepages and no
 * device, and the proof that each mempool is full again.
 */
#ifndef TEST_EAL_H
#define TEST_EAL_H

/** Initialise EAL once for this process, on one lcore; ends the process when that fails. */
void test_eal_init(void);

/** Objects that all mempools together lack; each lack is printed. */
unsigned int test_pools_lacking(void);

/** Fail the running cmocka test if any mempool lacks an object. As a group or test teardown. */
int test_pools_full(void **state);

#endif /* TEST_EAL_H */
