/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "args.h"

#define TUN_DEVICE "/dev/net/tun"

int
port_check(int argc, char **argv, char *error, size_t error_size)
{
	const char *tap = NULL;
	int fd;
	int i;

	for (i = 1; i < argc && tap == NULL; i++)
		tap = strstr(argv[i], "net_tap");
	if (tap == NULL)
		return 0;
	fd = open(TUN_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EACCES || errno == EPERM)
		snprintf(error, error_size, "--vdev %s: %s: %s; root would do", tap, TUN_DEVICE,
			 strerror(errno));
	else
		snprintf(error, error_size,
			 "--vdev %s: %s: %s; loading the tun module (modprobe tun) would do", tap,
			 TUN_DEVICE, strerror(errno));
	return -ENODEV;
}

int
port_choose(uint16_t wanted, uint16_t *port, char *error, size_t error_size)
{
	char name[RTE_ETH_NAME_MAX_LEN] = "";
	uint16_t first;

	first = (uint16_t)rte_eth_find_next(0);
	if (first >= RTE_MAX_ETHPORTS) {
		snprintf(error, error_size,
			 "EAL found no port; as root, --vdev=net_tap0 among its"
			 " options would do without a network card");
		return -ENODEV;
	}
	*port = wanted == ARGS_PORT_ANY ? first : wanted;
	if (rte_eth_dev_is_valid_port(*port))
		return 0;
	rte_eth_dev_get_name_by_port(first, name);
	snprintf(error, error_size,
		 "--addr ...,port=%u: EAL found no such port; port=%u (%s) would"
		 " do",
		 *port, first, name);
	return -ENODEV;
}
