/* What is sent and what arrives: patterns, echoes, and the check of each byte. */

/* A pattern and how it travels. */
struct pattern_use {
  struct pattern pattern;
  uint32_t messages, streams;
  bool unordered, partial; /* partial: some may be missing, but never the last of a stream. */
  uint32_t pr_policy, pr_value;
};

/* ---- Sending ---- */

struct waiting {
  struct waiting *next;
  sctp_assoc_t association;
  uint16_t stream, flags;
  uint32_t ppid;
  size_t length;
  uint8_t data[];
};

enum { ECHO_ROOM = 2 * 1024 * 1024 };

static bool echoing, printing;
static struct waiting *echoes, **last_echo = &echoes;
static size_t echo_bytes;

static bool sending;
static struct pattern_use outgoing;
static uint32_t next_index;
static uint8_t *message;

static bool has_room_to_echo(void) {
  return echo_bytes < ECHO_ROOM;
}

static bool has_more_to_send(void) {
  return sending || echoes != NULL;
}

/* Whether the kernel took it; false when there is no room at the moment. */
static bool transmit(sctp_assoc_t id, const void *data, size_t length, uint16_t stream, uint16_t flags, uint32_t ppid,
                     uint32_t pr_policy, uint32_t pr_value) {
  union {
    char space[CMSG_SPACE(sizeof(struct sctp_sndinfo)) + CMSG_SPACE(sizeof(struct sctp_prinfo))];
    struct cmsghdr aligned;
  } control = { .space = { 0 } };
  struct iovec part = { (void *)(uintptr_t)data, length };
  struct msghdr header = {
    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space,
  };
  struct cmsghdr *info = CMSG_FIRSTHDR(&header);
  *info = (struct cmsghdr){ CMSG_LEN(sizeof(struct sctp_sndinfo)), IPPROTO_SCTP, SCTP_SNDINFO };
  struct sctp_sndinfo send_info = { .snd_sid = stream, .snd_flags = flags, .snd_ppid = htonl(ppid), .snd_assoc_id = id };
  memcpy(CMSG_DATA(info), &send_info, sizeof send_info);
  if (pr_policy == SCTP_PR_SCTP_NONE) {
    header.msg_controllen = CMSG_SPACE(sizeof send_info);
  } else {
    struct cmsghdr *reliability = CMSG_NXTHDR(&header, info);
    *reliability = (struct cmsghdr){ CMSG_LEN(sizeof(struct sctp_prinfo)), IPPROTO_SCTP, SCTP_PRINFO };
    struct sctp_prinfo pr_info = { .pr_policy = (uint16_t)pr_policy, .pr_value = pr_value };
    memcpy(CMSG_DATA(reliability), &pr_info, sizeof pr_info);
  }
  if (sendmsg(sock, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return true;
  if (errno == EAGAIN || errno == EINTR) return false;
  /* The association may have ended, or be ending, before anybody has told us. */
  emit("{\"event\":\"%s\",\"what\":\"send\",\"message\":\"%s\"}", errno == EPIPE ? "tooLate" : "error", strerror(errno));
  sending = false;
  return true;
}

static void end_association(uint16_t flags, const char *reason) {
  transmit(association, reason, strlen(reason), 0, flags, 0, SCTP_PR_SCTP_NONE, 0);
}

static uint32_t messages_on(const struct pattern_use *use, uint32_t stream) {
  return (use->messages + use->streams - 1 - stream) / use->streams;
}

static void start_sending(struct pattern_use use) {
  outgoing = use;
  next_index = 0;
  sending = true;
  message = realloc(message, use.pattern.max_size);
}

static bool send_next(void) {
  uint32_t stream = next_index % outgoing.streams, sequence = next_index / outgoing.streams;
  uint32_t size = message_size(&outgoing.pattern, stream, sequence);
  fill_message(&outgoing.pattern, message, size, stream, sequence);
  /* The last message of a stream is reliable even when the others are not: it tells that the stream is through. */
  bool is_last = sequence + 1 == messages_on(&outgoing, stream);
  return transmit(association, message, size, (uint16_t)stream, outgoing.unordered ? SCTP_UNORDERED : 0,
                  message_ppid(&outgoing.pattern, stream, sequence), is_last ? SCTP_PR_SCTP_NONE : outgoing.pr_policy,
                  outgoing.pr_value);
}

static void send_more(void) {
  while (echoes != NULL) {
    struct waiting *first = echoes;
    if (!transmit(first->association, first->data, first->length, first->stream, first->flags, first->ppid,
                  SCTP_PR_SCTP_NONE, 0))
      return;
    echo_bytes -= first->length;
    echoes = first->next;
    if (echoes == NULL) last_echo = &echoes;
    free(first);
  }
  for (int i = 0; i < 64 && sending; i++) {
    if (!send_next()) return;
    if (++next_index < outgoing.messages) continue;
    sending = false;
    emit("{\"event\":\"sent\",\"messages\":%u}", outgoing.messages);
  }
}

static void echo(sctp_assoc_t id, const uint8_t *data, size_t length, uint16_t stream, uint16_t flags, uint32_t ppid) {
  struct waiting *waiting = malloc(sizeof *waiting + length);
  *waiting = (struct waiting){ NULL, id, stream, flags, ppid, length };
  memcpy(waiting->data, data, length);
  *last_echo = waiting;
  last_echo = &waiting->next;
  echo_bytes += length;
}

/* ---- Arrival ---- */

enum { MAX_STREAMS = 4096 };

static bool expecting;
static struct pattern_use incoming;
static uint32_t arrived, missing;
static uint64_t arrived_bytes;
/* For each message whether it is here, and for each stream the first that may still come. */
static bool *seen;
static uint32_t first_open[MAX_STREAMS], streams_done;

static void expect(struct pattern_use use) {
  incoming = use;
  free(seen);
  seen = calloc(use.messages + use.streams, 1);
  memset(first_open, 0, sizeof first_open);
  arrived = missing = streams_done = 0;
  arrived_bytes = 0;
  expecting = true;
}

static bool is_message(const uint8_t *data, size_t length, uint32_t ppid, uint32_t stream, uint32_t sequence) {
  static uint8_t *expected;
  static size_t size;
  if (length != message_size(&incoming.pattern, stream, sequence)) return false;
  if (ppid != message_ppid(&incoming.pattern, stream, sequence)) return false;
  if (size < length) expected = realloc(expected, size = length);
  fill_message(&incoming.pattern, expected, (uint32_t)length, stream, sequence);
  return memcmp(data, expected, length) == 0;
}

/* Its number on the stream; none when it is no message of the pattern, or not one that may come now. */
static int64_t find_message(const uint8_t *data, size_t length, uint32_t ppid, uint32_t stream) {
  uint32_t end = messages_on(&incoming, stream);
  for (uint32_t sequence = first_open[stream]; sequence < end; sequence++) {
    if (!seen[sequence * incoming.streams + stream] && is_message(data, length, ppid, stream, sequence)) return sequence;
    if (!incoming.unordered && !incoming.partial) break;
  }
  return -1;
}

static void verify(const uint8_t *data, size_t length, uint32_t ppid, uint32_t stream, bool unordered) {
  int64_t found = stream < incoming.streams ? find_message(data, length, ppid, stream) : -1;
  if (found < 0 || unordered != incoming.unordered) {
    emit("{\"event\":\"mismatch\",\"stream\":%u,\"ppid\":%u,\"length\":%zu,\"behind\":%u,\"arrived\":%u}", stream, ppid,
         length, stream < incoming.streams ? first_open[stream] : 0, arrived);
    expecting = false;
    return;
  }
  uint32_t sequence = (uint32_t)found, end = messages_on(&incoming, stream);
  seen[sequence * incoming.streams + stream] = true;
  arrived++;
  arrived_bytes += length;
  if (!incoming.unordered) first_open[stream] = sequence + 1;
  while (first_open[stream] < end && seen[first_open[stream] * incoming.streams + stream]) first_open[stream]++;
  if (sequence + 1 == end) streams_done++;
  bool is_complete = incoming.partial ? streams_done == incoming.streams : arrived == incoming.messages;
  if (!is_complete) return;
  expecting = false;
  emit("{\"event\":\"complete\",\"messages\":%u,\"missing\":%u,\"bytes\":%llu}", arrived, incoming.messages - arrived,
       (unsigned long long)arrived_bytes);
}

/* A message that arrives in parts: with interleaving one for each stream and order. */
static struct part {
  uint8_t *data;
  size_t length;
} parts[2][65536];

static void handle_notification(const union sctp_notification *notification);

static void handle_data(const struct sctp_rcvinfo *info, const uint8_t *data, size_t length, bool is_end) {
  bool unordered = (info->rcv_flags & SCTP_UNORDERED) != 0;
  struct part *part = &parts[unordered][info->rcv_sid];
  part->data = realloc(part->data, part->length + length);
  memcpy(part->data + part->length, data, length);
  part->length += length;
  if (!is_end) return;
  uint32_t ppid = ntohl(info->rcv_ppid);
  if (printing)
    emit("{\"event\":\"received\",\"stream\":%u,\"ppid\":%u,\"length\":%zu,\"unordered\":%s}", info->rcv_sid, ppid,
         part->length, unordered ? "true" : "false");
  if (expecting) verify(part->data, part->length, ppid, info->rcv_sid, unordered);
  if (echoing)
    echo(info->rcv_assoc_id, part->data, part->length, info->rcv_sid, unordered ? SCTP_UNORDERED : 0, ppid);
  free(part->data);
  *part = (struct part){ NULL, 0 };
}

/* Whether there was something. */
static bool receive(void) {
  static uint8_t data[1024 * 1024];
  char control[256];
  struct iovec space = { data, sizeof data };
  struct msghdr header = {
    .msg_iov = &space, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control,
  };
  ssize_t length = recvmsg(sock, &header, MSG_DONTWAIT);
  if (length < 0) {
    if (errno != EAGAIN && errno != EINTR) emit("{\"event\":\"socketError\",\"message\":\"%s\"}", strerror(errno));
    return false;
  }
  if (header.msg_flags & MSG_NOTIFICATION) {
    handle_notification((const void *)data);
    return true;
  }
  struct sctp_rcvinfo info = { 0 };
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c != NULL; c = CMSG_NXTHDR(&header, c))
    if (c->cmsg_level == IPPROTO_SCTP && c->cmsg_type == SCTP_RCVINFO) memcpy(&info, CMSG_DATA(c), sizeof info);
  handle_data(&info, data, (size_t)length, (header.msg_flags & MSG_EOR) != 0);
  return true;
}
