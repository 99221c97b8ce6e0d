/*
 * A peer on the kernel's own SCTP sockets, for the interoperability tests.
 *
 *   peer listen PORT [OPTION…]          takes one association after the other
 *   peer connect PORT HOST [OPTION…]    sets one up
 *
 *   --bind A,B          the addresses to use; all by default
 *   --local-port N      connect: the port to use
 *   --streams N         outbound streams to ask for (64 by default)
 *   --interleaving      offers I-DATA
 *   --probe-ms N        the interval of the kernel's path MTU probes
 *   --receive-buffer N, --send-buffer N
 *
 * It then does what the lines on its standard input say (see command() below), to the association that came up last,
 * and prints one JSON object for each thing that happens. It ends when it is killed or told to `quit`.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sctp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "pattern.h"
#include "socket.h"
#include "traffic.h"
#include "notifications.h"

static bool reading = true;

/* The numbers behind a command's name. */
static uint32_t numbers[64];
static int count;

static void parse_numbers(char *text) {
  count = 0;
  for (char *at = text, *end; count < 64; at = end) {
    numbers[count] = (uint32_t)strtoul(at, &end, 10);
    if (end == at) return;
    count++;
  }
}

static struct pattern_use pattern_of(const char *text) {
  struct pattern_use use = { .messages = numbers[1], .streams = numbers[2], .pr_policy = SCTP_PR_SCTP_NONE };
  use.pattern = (struct pattern){ .seed = numbers[0], .min_size = numbers[3], .max_size = numbers[4] };
  use.unordered = strstr(text, " unordered") != NULL;
  const char *ttl = strstr(text, " ttl "), *rtx = strstr(text, " rtx ");
  if (ttl != NULL) use.pr_policy = SCTP_PR_SCTP_TTL, use.pr_value = (uint32_t)atoi(ttl + 5);
  if (rtx != NULL) use.pr_policy = SCTP_PR_SCTP_RTX, use.pr_value = (uint32_t)atoi(rtx + 5);
  use.partial = strstr(text, " partial") != NULL;
  return use;
}

static void reset_streams(uint16_t flags) {
  char space[sizeof(struct sctp_reset_streams) + 2 * 64];
  struct sctp_reset_streams *request = (void *)space;
  *request = (struct sctp_reset_streams){
    .srs_assoc_id = association, .srs_flags = flags, .srs_number_streams = (uint16_t)count,
  };
  for (int i = 0; i < count; i++) request->srs_stream_list[i] = (uint16_t)numbers[i];
  try_option(SCTP_RESET_STREAMS, request, sizeof *request + 2 * (size_t)count, "resetStreams");
}

/* Which of the peer's addresses the data goes to, and what the kernel thinks of them. */
static void print_status(void) {
  struct sctp_status status = { .sstat_assoc_id = association };
  socklen_t length = sizeof status;
  if (getsockopt(sock, IPPROTO_SCTP, SCTP_STATUS, &status, &length) < 0) {
    emit("{\"event\":\"status\",\"error\":\"%s\"}", strerror(errno));
    return;
  }
  char address[INET6_ADDRSTRLEN];
  emit("{\"event\":\"status\",\"state\":%d,\"primary\":\"%s\",\"pathMtu\":%u,\"rwnd\":%u,\"unacknowledged\":%u,"
       "\"inboundStreams\":%u,\"outboundStreams\":%u}",
       status.sstat_state, text_of(&status.sstat_primary.spinfo_address, address), status.sstat_primary.spinfo_mtu,
       status.sstat_rwnd, status.sstat_unackdata, status.sstat_instrms, status.sstat_outstrms);
}

/* How many messages the kernel has given up, of those that were sent at least once and of those that were not. */
static void print_abandoned(void) {
  struct sctp_prstatus status = { .sprstat_assoc_id = association, .sprstat_policy = SCTP_PR_SCTP_ALL };
  socklen_t length = sizeof status;
  if (getsockopt(sock, IPPROTO_SCTP, SCTP_PR_ASSOC_STATUS, &status, &length) < 0) fail("SCTP_PR_ASSOC_STATUS");
  emit("{\"event\":\"abandoned\",\"sent\":%llu,\"unsent\":%llu}",
       (unsigned long long)status.sprstat_abandoned_sent, (unsigned long long)status.sprstat_abandoned_unsent);
}

static void command(char *line) {
  char *text = strchrnul(line, ' ');
  size_t length = (size_t)(text - line);
#define IS(name) (length == sizeof name - 1 && memcmp(line, name, length) == 0)
  parse_numbers(text);
  if (IS("send")) start_sending(pattern_of(text)); /* SEED MESSAGES STREAMS MIN MAX [unordered] [ttl MS | rtx N] */
  else if (IS("expect")) expect(pattern_of(text)); /* SEED MESSAGES STREAMS MIN MAX [unordered] [partial] */
  else if (IS("echo")) echoing = true;
  else if (IS("print")) printing = true;
  else if (IS("pause")) reading = false;
  else if (IS("resume")) reading = true;
  else if (IS("status")) print_status();
  else if (IS("abandoned")) print_abandoned();
  else if (IS("shutdown")) end_association(SCTP_EOF, "");
  else if (IS("abort")) end_association(SCTP_ABORT, text + (*text != '\0'));
  else if (IS("reset-outgoing")) reset_streams(SCTP_STREAM_RESET_OUTGOING);
  else if (IS("reset-incoming")) reset_streams(SCTP_STREAM_RESET_INCOMING);
  else if (IS("reset-association")) try_option(SCTP_RESET_ASSOC, &association, sizeof association, "resetAssociation");
  else if (IS("add")) { /* OUTGOING INCOMING */
    struct sctp_add_streams add = { association, (uint16_t)numbers[1], (uint16_t)numbers[0] };
    try_option(SCTP_ADD_STREAMS, &add, sizeof add, "addStreams");
  } else if (IS("quit")) exit(0);
  else emit("{\"event\":\"error\",\"what\":\"command\",\"message\":\"%s\"}", line);
}

static void read_commands(void) {
  static char line[4096];
  static size_t used;
  ssize_t got = read(STDIN_FILENO, line + used, sizeof line - used - 1);
  if (got <= 0) exit(0);
  used += (size_t)got;
  for (char *end; (end = memchr(line, '\n', used)) != NULL;) {
    *end = '\0';
    command(line);
    emit("{\"event\":\"done\"}");
    used -= (size_t)(end + 1 - line);
    memmove(line, end + 1, used);
  }
}

int main(int argc, char **argv) {
  open_socket(argc, argv);
  for (;;) {
    bool is_ready = reading && has_room_to_echo();
    struct pollfd polls[2] = {
      { .fd = STDIN_FILENO, .events = POLLIN },
      { .fd = sock, .events = (short)((is_ready ? POLLIN : 0) | (has_more_to_send() ? POLLOUT : 0)) },
    };
    /* A listening socket of many associations does not tell when one of them takes data again. */
    if (poll(polls, 2, has_more_to_send() ? 10 : -1) < 0) fail("poll");
    if (polls[0].revents != 0) read_commands();
    for (int i = 0; i < 64 && reading && has_room_to_echo(); i++)
      if (!receive()) break;
    send_more();
  }
}
