/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Trouble, logged: the counters that say that something is wrong, looked at each second by the
 * control thread, as cores print nothing. One line for each that has grown, "key=value" in a row:
 * "event=drop_syn_full count=3 total=7 text="SYNs with every connection in use"". The network can
 * provoke most of them as often as it likes, so each has a limit (log_limit.h); what it kept back
 * is said with the next line: "suppressed=12", and what happened meanwhile is in its count.
 *
 * Threads: the control thread.
 */
#ifndef TROUBLE_H
#define TROUBLE_H

struct tr_core_server;
struct trouble;

/** Begin to look; NULL: no memory. */
struct trouble *trouble_create(struct tr_core_server *server);

/** Look, if a second has passed since the last time, and log what is new. */
void trouble_tick(struct trouble *trouble);

/** Look no more. */
void trouble_destroy(struct trouble *trouble);

#endif /* TROUBLE_H */
