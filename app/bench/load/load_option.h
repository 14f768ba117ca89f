/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * What each option of load's command line does with its value: a function of the option's name, for
 * the table in load_args.c. The parser's args are a struct load_args, which it fills in.
 *
 * Each returns 0, or -EINVAL with one line in the parser's error.
 *
 * Threads: the main thread.
 */
#ifndef LOAD_OPTION_H
#define LOAD_OPTION_H

#include "option.h"

int load_option_server(struct option_parser *p, const char *value);
int load_option_kernel(struct option_parser *p, const char *value);
int load_option_addr(struct option_parser *p, const char *value);
int load_option_gateway(struct option_parser *p, const char *value);
int load_option_protocol(struct option_parser *p, const char *value);
int load_option_connections(struct option_parser *p, const char *value);
int load_option_depth(struct option_parser *p, const char *value);
int load_option_threads(struct option_parser *p, const char *value);
int load_option_rate(struct option_parser *p, const char *value);
int load_option_arrival(struct option_parser *p, const char *value);
int load_option_sweep(struct option_parser *p, const char *value);
int load_option_keys(struct option_parser *p, const char *value);
int load_option_key_bytes(struct option_parser *p, const char *value);
int load_option_value_bytes(struct option_parser *p, const char *value);
int load_option_popularity(struct option_parser *p, const char *value);
int load_option_get_ratio(struct option_parser *p, const char *value);
int load_option_warmup(struct option_parser *p, const char *value);
int load_option_duration(struct option_parser *p, const char *value);
int load_option_no_fill(struct option_parser *p, const char *value);
int load_option_verify(struct option_parser *p, const char *value);
int load_option_seed(struct option_parser *p, const char *value);
int load_option_json(struct option_parser *p, const char *value);
int load_option_hgrm(struct option_parser *p, const char *value);
int load_option_svg(struct option_parser *p, const char *value);
int load_option_report(struct option_parser *p, const char *value);
int load_option_help(struct option_parser *p, const char *value);

#endif /* LOAD_OPTION_H */
