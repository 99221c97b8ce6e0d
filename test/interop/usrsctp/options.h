/* The command line of the peer: what every option is called, and what it is without being named. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pattern.h"

enum { MAX_STREAMS = 64 };

static struct {
  bool server, discard, print, verify, expect_refused, i_data, no_heartbeat, no_pr, allow_reconfiguration, priorities;
  const char *host, *bind, *reason, *reconfigure;
  struct pattern pattern;
  uint32_t udp_port, remote_udp_port, port, messages, streams, associations;
  uint32_t abort_after, close_after, close_after_ms, linger_ms, timeout_ms;
  uint32_t rto_initial, rto_min, rto_max, mtu, init_attempts, sack_delay, heartbeat_ms, path_max_retrans, pr_rtx,
    pr_ttl, reconfigure_after, added, scheduler;
} options = {
  .host = "127.0.0.1", .bind = "127.0.0.1", .reason = "", .udp_port = 9899, .remote_udp_port = 9899, .port = 9999,
  .pattern = { .seed = 1, .min_size = 1, .max_size = 262144 }, .messages = 100, .streams = 16, .associations = 1,
  .linger_ms = 100, .timeout_ms = 120000, .pr_rtx = UINT32_MAX, .added = 4, .scheduler = UINT32_MAX,
};

enum option_kind { FLAG, NUMBER, TEXT };
static const struct { const char *name; enum option_kind kind; void *value; } table[] = {
  { "verify", FLAG, &options.verify }, { "discard", FLAG, &options.discard }, { "print", FLAG, &options.print },
  { "expect-refused", FLAG, &options.expect_refused }, { "i-data", FLAG, &options.i_data },
  { "no-heartbeat", FLAG, &options.no_heartbeat }, { "no-pr", FLAG, &options.no_pr },
  { "allow-reconfiguration", FLAG, &options.allow_reconfiguration }, { "priorities", FLAG, &options.priorities },
  { "host", TEXT, &options.host }, { "bind", TEXT, &options.bind }, { "reason", TEXT, &options.reason },
  { "reconfigure", TEXT, &options.reconfigure }, { "reconfigure-after", NUMBER, &options.reconfigure_after },
  { "added", NUMBER, &options.added }, { "scheduler", NUMBER, &options.scheduler },
  { "udp-port", NUMBER, &options.udp_port }, { "remote-udp-port", NUMBER, &options.remote_udp_port },
  { "port", NUMBER, &options.port }, { "messages", NUMBER, &options.messages },
  { "streams", NUMBER, &options.streams }, { "min-size", NUMBER, &options.pattern.min_size },
  { "max-size", NUMBER, &options.pattern.max_size }, { "seed", NUMBER, &options.pattern.seed },
  { "associations", NUMBER, &options.associations }, { "abort-after", NUMBER, &options.abort_after },
  { "close-after", NUMBER, &options.close_after }, { "close-after-ms", NUMBER, &options.close_after_ms },
  { "linger-ms", NUMBER, &options.linger_ms }, { "timeout-ms", NUMBER, &options.timeout_ms },
  { "rto-initial", NUMBER, &options.rto_initial }, { "rto-min", NUMBER, &options.rto_min },
  { "rto-max", NUMBER, &options.rto_max }, { "mtu", NUMBER, &options.mtu },
  { "init-attempts", NUMBER, &options.init_attempts }, { "sack-delay", NUMBER, &options.sack_delay },
  { "heartbeat-ms", NUMBER, &options.heartbeat_ms },
  { "path-max-retrans", NUMBER, &options.path_max_retrans }, { "pr-rtx", NUMBER, &options.pr_rtx },
  { "pr-ttl", NUMBER, &options.pr_ttl },
};
enum { TABLE_SIZE = sizeof table / sizeof table[0] };

static void parse_options(int argc, char **argv) {
  struct option names[TABLE_SIZE + 1] = { 0 };
  for (int i = 0; i < TABLE_SIZE; i++)
    names[i] = (struct option){ table[i].name, table[i].kind == FLAG ? no_argument : required_argument, NULL, i };
  if (argc < 2 || (strcmp(argv[1], "server") != 0 && strcmp(argv[1], "client") != 0)) {
    fprintf(stderr, "usage: %s server|client [--option value ...]\n", argv[0]);
    exit(2);
  }
  options.server = strcmp(argv[1], "server") == 0;
  for (int i; (i = getopt_long(argc - 1, argv + 1, "", names, NULL)) != -1;) {
    if (i == '?') exit(2);
    if (table[i].kind == FLAG) *(bool *)table[i].value = true;
    if (table[i].kind == NUMBER) *(uint32_t *)table[i].value = (uint32_t)strtoul(optarg, NULL, 0);
    if (table[i].kind == TEXT) *(const char **)table[i].value = optarg;
  }
  if (options.streams < 1 || options.streams > MAX_STREAMS || options.pattern.min_size < 1 ||
      options.pattern.max_size < options.pattern.min_size || options.messages < 1) {
    fprintf(stderr, "%s: out of range: --streams 1-%d, 1 <= --min-size <= --max-size, --messages >= 1\n", argv[0],
            MAX_STREAMS);
    exit(2);
  }
}
