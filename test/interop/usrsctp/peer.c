/*
 * A usrsctp peer for the interoperability tests: SCTP over UDP encapsulation (RFC 6951) on the command line.
 *
 *   peer server --udp-port N --port P [--bind A,B] [--discard] [--verify --seed S] ...
 *   peer client --udp-port N --remote-udp-port M [--bind A,B] --host A --port P --messages N --seed S ...
 *
 * It prints one JSON object a line (listening, up, path, received, restart, shutdown, aborted, cantstart, error,
 * result; asked, streamReset, associationReset, streamChange) and exits 0 when everything went as asked, 1 when not, 2 when it was asked wrongly, 3 when it took too long.
 * A server echoes unless told to discard; a client sends what pattern.h says and verifies the echo. Several addresses
 * to bind make it multi-homed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <usrsctp.h>
#include "options.h"
#include "output.h"
#include "socket.h"
#include "reconfiguration.h"

enum { WINDOW = 1024 * 1024 };

/* How many of the messages 0 … messages - 1, dealt out in turn, fall to `stream`. */
static uint32_t messages_on(uint32_t stream) {
  return (options.messages + options.streams - 1 - stream) / options.streams;
}

/* ---- Sending ---- */

/* Sends at the second or a later attempt what usrsctp does not take at the first: it refuses while streams are reset. */
static bool send_patiently(const void *data, size_t length, void *info, socklen_t info_length, unsigned int type) {
  for (int attempts = 0; attempts < 5000; attempts++) {
    if (usrsctp_sendv(sock, data, length, NULL, 0, info, info_length, type, 0) >= 0) return true;
    if (errno != EAGAIN) return false;
    usleep(1000);
  }
  return false;
}

static bool send_flags(sctp_assoc_t id, const void *data, size_t length, uint16_t flags) {
  struct sctp_sndinfo info = { .snd_flags = flags, .snd_assoc_id = id };
  return send_patiently(data, length, &info, sizeof info, SCTP_SENDV_SNDINFO);
}

static void start_shutdown(sctp_assoc_t id) {
  if (!send_flags(id, "", 0, SCTP_EOF)) fail("shutdown");
}

static void start_abort(sctp_assoc_t id) {
  if (!send_flags(id, options.reason, strlen(options.reason), SCTP_ABORT)) fail("abort");
}

static bool send_message(sctp_assoc_t id, const void *data, size_t length, uint16_t stream, uint32_t ppid,
                         uint16_t flags, bool reliable) {
  struct sctp_sendv_spa info = {
    .sendv_flags = SCTP_SEND_SNDINFO_VALID,
    .sendv_sndinfo = { .snd_sid = stream, .snd_flags = flags, .snd_ppid = htonl(ppid), .snd_assoc_id = id },
  };
  if (!reliable) {
    info.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    info.sendv_prinfo.pr_policy = options.pr_ttl != 0 ? SCTP_PR_SCTP_TTL : SCTP_PR_SCTP_RTX;
    info.sendv_prinfo.pr_value = options.pr_ttl != 0 ? options.pr_ttl : options.pr_rtx;
  }
  return send_patiently(data, length, &info, sizeof info, SCTP_SENDV_SPA);
}

static bool is_partially_reliable(void) {
  return options.pr_ttl != 0 || options.pr_rtx != UINT32_MAX;
}

/* ---- Associations ---- */

/* A message that is being delivered in parts: with interleaving (RFC 8260) one for each stream. */
struct partial {
  struct partial *next;
  sctp_assoc_t association;
  uint16_t stream;
  bool unordered;
  size_t length;
  uint8_t *data;
};

struct association {
  struct association *next;
  sctp_assoc_t id;
  bool closing, aborting;
  uint64_t sent, received, missing, bytes, errors;
  bool order_ok, content_ok;
  uint32_t next_sequence[MAX_STREAMS];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct association *associations;
static struct partial *partials;
static uint32_t ended;
static bool failed;
/* Messages handed back unsent or unacknowledged, since the last result. */
static uint64_t send_failures;
/* Client: bytes sent and not yet echoed, and whether the association still takes messages. */
static uint64_t outstanding;
static bool sending_allowed;
static pthread_t sender;

static struct association *association_of(sctp_assoc_t id) {
  struct association *a = associations;
  while (a != NULL && a->id != id) a = a->next;
  return a;
}

static void *send_all(void *argument) {
  struct association *a = argument;
  uint8_t *message = malloc(options.pattern.max_size);
  for (uint32_t i = 0; i < options.messages; i++) {
    uint16_t stream = (uint16_t)(i % options.streams);
    uint32_t sequence = i / options.streams;
    uint32_t size = message_size(&options.pattern, stream, sequence);
    pthread_mutex_lock(&mutex);
    while (sending_allowed && outstanding > WINDOW) pthread_cond_wait(&changed, &mutex);
    bool allowed = sending_allowed;
    outstanding += size;
    pthread_mutex_unlock(&mutex);
    if (!allowed) break;
    fill_message(&options.pattern, message, size, stream, sequence);
    /* The last message of a stream is reliable even when the others are not: it tells that the stream is through. */
    bool reliable = !is_partially_reliable() || sequence + 1 == messages_on(stream);
    if (!send_message(a->id, message, size, stream, message_ppid(&options.pattern, stream, sequence), 0, reliable)) {
      pthread_mutex_lock(&mutex);
      if (sending_allowed) a->errors++;
      pthread_mutex_unlock(&mutex);
      break;
    }
    a->sent++;
  }
  free(message);
  return NULL;
}

static bool is_message(const uint8_t *data, size_t length, uint32_t ppid, uint16_t stream, uint32_t sequence) {
  static uint8_t *expected;
  if (expected == NULL) expected = malloc(options.pattern.max_size);
  if (length != message_size(&options.pattern, stream, sequence)) return false;
  if (ppid != message_ppid(&options.pattern, stream, sequence)) return false;
  fill_message(&options.pattern, expected, (uint32_t)length, stream, sequence);
  return memcmp(data, expected, length) == 0;
}

static bool is_all_echoed(const struct association *a) {
  for (uint32_t stream = 0; stream < options.streams; stream++)
    if (a->next_sequence[stream] < messages_on(stream)) return false;
  return true;
}

/* It has to be the next message of its stream; partially reliable ones may have left gaps before it. */
static void verify_message(struct association *a, const uint8_t *data, size_t length, uint16_t stream, uint32_t ppid) {
  if (stream >= options.streams) {
    a->content_ok = false;
    return;
  }
  uint32_t next = a->next_sequence[stream], last = messages_on(stream), found = next;
  while (found < last && !is_message(data, length, ppid, stream, found)) found++;
  pthread_mutex_lock(&mutex);
  if (found == last) {
    a->content_ok = false;
  } else {
    if (found != next && !is_partially_reliable()) a->order_ok = false;
    for (uint32_t sequence = next; !options.server && sequence <= found; sequence++)
      outstanding -= message_size(&options.pattern, stream, sequence);
    a->missing += found - next;
    a->next_sequence[stream] = found + 1;
  }
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
}

static void handle_message(struct association *a, const uint8_t *data, size_t length, uint16_t stream, uint32_t ppid,
                           bool unordered) {
  a->received++;
  a->bytes += length;
  if (options.print)
    emit("{\"event\":\"received\",\"stream\":%u,\"ppid\":%u,\"length\":%zu,\"unordered\":%s}", stream, ppid, length,
         unordered ? "true" : "false");
  if (!options.server || options.verify) verify_message(a, data, length, stream, ppid);
  if (options.server && !options.discard && !a->closing) {
    if (send_message(a->id, data, length, stream, ppid, unordered ? SCTP_UNORDERED : 0, !is_partially_reliable()))
      a->sent++;
    else
      emit("{\"event\":\"error\",\"what\":\"echo\",\"message\":\"%s\"}", strerror(errno));
  }
  if (options.reconfigure != NULL && a->received == options.reconfigure_after) reconfigure(a->id);
  if (a->closing) return;
  if (options.abort_after != 0 && a->received == options.abort_after) {
    a->closing = a->aborting = true;
  } else if (options.close_after != 0 ? a->received == options.close_after : !options.server && is_all_echoed(a)) {
    a->closing = true;
  } else {
    return;
  }
  pthread_mutex_lock(&mutex);
  sending_allowed = false;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
  if (a->aborting) start_abort(a->id);
  else start_shutdown(a->id);
}

/* Collects the parts of a message until MSG_EOR: the exception, as the delivery point is above the largest message. */
static void handle_data(const struct sctp_rcvinfo *info, const uint8_t *data, size_t length, bool is_end) {
  struct association *a = association_of(info->rcv_assoc_id);
  if (a == NULL) return;
  bool unordered = (info->rcv_flags & SCTP_UNORDERED) != 0;
  struct partial **link = &partials;
  while (*link != NULL && ((*link)->association != a->id || (*link)->stream != info->rcv_sid ||
                           (*link)->unordered != unordered))
    link = &(*link)->next;
  if (*link == NULL && is_end) {
    handle_message(a, data, length, info->rcv_sid, ntohl(info->rcv_ppid), unordered);
    return;
  }
  if (*link == NULL) {
    *link = calloc(1, sizeof **link);
    **link = (struct partial){ .association = a->id, .stream = info->rcv_sid, .unordered = unordered };
  }
  struct partial *partial = *link;
  partial->data = realloc(partial->data, partial->length + length);
  memcpy(partial->data + partial->length, data, length);
  partial->length += length;
  if (!is_end) return;
  *link = partial->next;
  handle_message(a, partial->data, partial->length, info->rcv_sid, ntohl(info->rcv_ppid), unordered);
  free(partial->data);
  free(partial);
}

/* ---- Notifications ---- */

/* The first cause of the ABORT chunk that comes with a lost association: its code, and what it holds as text. */
static void describe_abort(const struct sctp_assoc_change *change, uint32_t *cause, char *text, size_t size) {
  size_t length = change->sac_length - sizeof *change, used = 0;
  const uint8_t *chunk = change->sac_info;
  *cause = change->sac_error;
  if (length >= 8) {
    *cause = (uint32_t)chunk[4] << 8 | chunk[5];
    size_t end = 4 + ((size_t)chunk[6] << 8 | chunk[7]);
    for (size_t i = 8; i < end && i < length && used + 1 < size; i++)
      text[used++] = chunk[i] < 0x20 || chunk[i] > 0x7e || strchr("\"\\", chunk[i]) != NULL ? '?' : (char)chunk[i];
  }
  text[used] = '\0';
}

static void end_association(struct association *a) {
  bool ok = a->errors == 0 && a->order_ok && a->content_ok;
  if (!options.server && options.abort_after == 0 && options.close_after == 0) ok = ok && is_all_echoed(a);
  pthread_mutex_lock(&mutex);
  sending_allowed = false;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
  if (!options.server) pthread_join(sender, NULL);
  emit("{\"event\":\"result\",\"sent\":%llu,\"received\":%llu,\"missing\":%llu,\"bytes\":%llu,\"errors\":%llu,"
       "\"sendFailures\":%llu,\"orderOk\":%s,\"contentOk\":%s,\"ok\":%s}",
       (unsigned long long)a->sent, (unsigned long long)a->received, (unsigned long long)a->missing,
       (unsigned long long)a->bytes, (unsigned long long)a->errors,
       (unsigned long long)send_failures, a->order_ok ? "true" : "false",
       a->content_ok ? "true" : "false", ok ? "true" : "false");
  send_failures = 0;
  if (!ok) failed = true;
  ended++;
  struct association **link = &associations;
  while (*link != a) link = &(*link)->next;
  *link = a->next;
  free(a);
}

static void *close_later(void *argument) {
  usleep(options.close_after_ms * 1000);
  send_flags(*(sctp_assoc_t *)argument, "", 0, SCTP_EOF);
  return NULL;
}

/* The lower the number of a stream, the more urgent it is. */
static void set_priorities(sctp_assoc_t id) {
  for (uint32_t stream = 0; stream < options.streams; stream++) {
    struct sctp_stream_value value = {
      .assoc_id = id, .stream_id = (uint16_t)stream, .stream_value = (uint16_t)(stream + 1),
    };
    set_option(SCTP_SS_VALUE, &value, sizeof value, "SCTP_SS_VALUE");
  }
}

static void handle_up(const struct sctp_assoc_change *change) {
  struct association *a = calloc(1, sizeof *a);
  *a = (struct association){ .next = associations, .id = change->sac_assoc_id, .order_ok = true, .content_ok = true };
  associations = a;
  bool interleaving = false;
  for (size_t i = 0; i < change->sac_length - sizeof *change; i++)
    if (change->sac_info[i] == SCTP_ASSOC_SUPPORTS_INTERLEAVING) interleaving = true;
  emit("{\"event\":\"up\",\"association\":%u,\"inboundStreams\":%u,\"outboundStreams\":%u,\"interleaving\":%s}", a->id,
       change->sac_inbound_streams, change->sac_outbound_streams, interleaving ? "true" : "false");
  if (options.priorities) set_priorities(a->id);
  if (!options.server) {
    sending_allowed = true;
    if (pthread_create(&sender, NULL, send_all, a) != 0) fail("thread");
  }
  if (options.close_after_ms != 0) {
    static sctp_assoc_t id;
    pthread_t closer;
    id = a->id;
    if (pthread_create(&closer, NULL, close_later, &id) != 0) fail("thread");
    pthread_detach(closer);
  }
}

static void handle_association_change(const struct sctp_assoc_change *change) {
  struct association *a = association_of(change->sac_assoc_id);
  uint32_t cause;
  char text[256];
  switch (change->sac_state) {
    case SCTP_COMM_UP:
      handle_up(change);
      break;
    case SCTP_RESTART:
      emit("{\"event\":\"restart\",\"association\":%u}", change->sac_assoc_id);
      break;
    case SCTP_SHUTDOWN_COMP:
      emit("{\"event\":\"shutdown\"}");
      if (a != NULL) end_association(a);
      break;
    case SCTP_COMM_LOST:
      describe_abort(change, &cause, text, sizeof text);
      emit("{\"event\":\"aborted\",\"by\":\"%s\",\"cause\":%u,\"reason\":\"%s\"}",
           a != NULL && a->aborting ? "local" : "peer", cause, text);
      if (a == NULL) break;
      if (options.abort_after == 0) failed = true;
      end_association(a);
      break;
    case SCTP_CANT_STR_ASSOC:
      describe_abort(change, &cause, text, sizeof text);
      bool refused = change->sac_length > sizeof *change;
      emit("{\"event\":\"cantstart\",\"refused\":%s,\"cause\":%u,\"reason\":\"%s\"}", refused ? "true" : "false", cause,
           text);
      if (!options.expect_refused || !refused) failed = true;
      ended++;
      break;
  }
}

static void handle_path_change(const struct sctp_paddr_change *change) {
  static const char *const states[] = {
    [SCTP_ADDR_AVAILABLE] = "available", [SCTP_ADDR_UNREACHABLE] = "unreachable", [SCTP_ADDR_REMOVED] = "removed",
    [SCTP_ADDR_ADDED] = "added", [SCTP_ADDR_MADE_PRIM] = "primary", [SCTP_ADDR_CONFIRMED] = "confirmed",
  };
  char ip[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &((const struct sockaddr_in *)&change->spc_aaddr)->sin_addr, ip, sizeof ip);
  emit("{\"event\":\"path\",\"address\":\"%s\",\"state\":\"%s\"}", ip, states[change->spc_state]);
}

static void handle_notification(const union sctp_notification *notification, size_t length) {
  if (length < sizeof notification->sn_header || notification->sn_header.sn_length != length) return;
  switch (notification->sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE:
      handle_association_change(&notification->sn_assoc_change);
      break;
    case SCTP_PEER_ADDR_CHANGE:
      handle_path_change(&notification->sn_paddr_change);
      break;
    case SCTP_SHUTDOWN_EVENT:
      emit("{\"event\":\"shutdownReceived\"}");
      pthread_mutex_lock(&mutex);
      sending_allowed = false;
      pthread_cond_signal(&changed);
      pthread_mutex_unlock(&mutex);
      break;
    case SCTP_REMOTE_ERROR:
      emit("{\"event\":\"remoteError\",\"cause\":%u}", ntohs(notification->sn_remote_error.sre_error));
      break;
    case SCTP_SEND_FAILED_EVENT:
      send_failures++;
      break;
    case SCTP_STREAM_RESET_EVENT:
      handle_stream_reset(&notification->sn_strreset_event);
      break;
    case SCTP_ASSOC_RESET_EVENT:
      handle_association_reset(&notification->sn_assocreset_event);
      break;
    case SCTP_STREAM_CHANGE_EVENT:
      handle_stream_change(&notification->sn_strchange_event);
      break;
    case SCTP_PARTIAL_DELIVERY_EVENT:
      emit("{\"event\":\"partialDeliveryAborted\",\"stream\":%u}", notification->sn_pdapi_event.pdapi_stream);
      break;
  }
}

/* ---- The program ---- */

static void *watch(void *unused) {
  (void)unused;
  usleep(options.timeout_ms * 1000);
  emit("{\"event\":\"error\",\"what\":\"timeout\",\"message\":\"not done after %u ms\"}", options.timeout_ms);
  _exit(3);
}

int main(int argc, char **argv) {
  pthread_t watcher;
  parse_options(argc, argv);
  if (pthread_create(&watcher, NULL, watch, NULL) != 0) fail("thread");
  open_socket();
  if (options.allow_reconfiguration || options.reconfigure != NULL) allow_reconfiguration();
  if (options.server) {
    if (usrsctp_listen(sock, 8) != 0) fail("listen");
    emit("{\"event\":\"listening\",\"port\":%u,\"udpPort\":%u}", options.port, options.udp_port);
  } else {
    struct sockaddr_in remote = { .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port) };
    if (inet_pton(AF_INET, options.host, &remote.sin_addr) != 1) fail("host");
    if (usrsctp_connect(sock, (struct sockaddr *)&remote, sizeof remote) != 0 && errno != EINPROGRESS) fail("connect");
  }
  uint8_t *buffer = malloc(BUFFER_SIZE);
  while (ended < options.associations) {
    struct sctp_rcvinfo info;
    socklen_t info_length = sizeof info;
    unsigned int info_type = 0;
    int flags = 0;
    ssize_t length = usrsctp_recvv(sock, buffer, BUFFER_SIZE, NULL, NULL, &info, &info_length, &info_type, &flags);
    if (length < 0 && errno != EINTR) fail("receive");
    if (length <= 0) continue;
    if (flags & MSG_NOTIFICATION) handle_notification((union sctp_notification *)buffer, (size_t)length);
    else if (info_type == SCTP_RECVV_RCVINFO) handle_data(&info, buffer, (size_t)length, (flags & MSG_EOR) != 0);
  }
  /* A lost SHUTDOWN COMPLETE or ABORT is asked for again: the stack answers out-of-the-blue packets a little longer. */
  usleep(options.linger_ms * 1000);
  usrsctp_close(sock);
  _exit(failed ? 1 : 0);
}
