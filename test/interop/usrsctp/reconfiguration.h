/* Stream re-configuration (RFC 6525): what the peer allows, what it asks for, and what it hears of it. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <usrsctp.h>

static void allow_reconfiguration(void) {
  struct sctp_assoc_value allowed = { .assoc_value = SCTP_ENABLE_VALUE_MASK };
  set_option(SCTP_ENABLE_STREAM_RESET, &allowed, sizeof allowed, "SCTP_ENABLE_STREAM_RESET");
}

static bool ask(int name, const void *request, socklen_t length) {
  return usrsctp_setsockopt(sock, IPPROTO_SCTP, name, request, length) == 0;
}

/* What --reconfigure names: all streams of one direction, the association, or `options.added` more streams. */
static void reconfigure(sctp_assoc_t id) {
  const char *what = options.reconfigure;
  struct sctp_reset_streams reset = { .srs_assoc_id = id };
  struct sctp_add_streams add = { .sas_assoc_id = id };
  bool is_asked = false;
  if (strcmp(what, "reset-outgoing") == 0 || strcmp(what, "reset-incoming") == 0) {
    reset.srs_flags = strcmp(what, "reset-outgoing") == 0 ? SCTP_STREAM_RESET_OUTGOING : SCTP_STREAM_RESET_INCOMING;
    is_asked = ask(SCTP_RESET_STREAMS, &reset, sizeof reset);
  } else if (strcmp(what, "add-outgoing") == 0 || strcmp(what, "add-incoming") == 0) {
    if (strcmp(what, "add-outgoing") == 0) add.sas_outstrms = (uint16_t)options.added;
    else add.sas_instrms = (uint16_t)options.added;
    is_asked = ask(SCTP_ADD_STREAMS, &add, sizeof add);
  } else if (strcmp(what, "reset-association") == 0) {
    is_asked = ask(SCTP_RESET_ASSOC, &id, sizeof id);
  } else {
    errno = EINVAL;
  }
  if (is_asked) emit("{\"event\":\"asked\",\"what\":\"%s\"}", what);
  else emit("{\"event\":\"error\",\"what\":\"%s\",\"message\":\"%s\"}", what, strerror(errno));
}

static const char *outcome(uint16_t flags, uint16_t denied, uint16_t failed_flag) {
  return flags & denied ? "denied" : flags & failed_flag ? "failed" : "performed";
}

static void handle_stream_reset(const struct sctp_stream_reset_event *event) {
  size_t streams = (event->strreset_length - sizeof *event) / sizeof event->strreset_stream_list[0];
  emit("{\"event\":\"streamReset\",\"incoming\":%s,\"outgoing\":%s,\"streams\":%zu,\"result\":\"%s\"}",
       event->strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN ? "true" : "false",
       event->strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN ? "true" : "false", streams,
       outcome(event->strreset_flags, SCTP_STREAM_RESET_DENIED, SCTP_STREAM_RESET_FAILED));
}

static void handle_association_reset(const struct sctp_assoc_reset_event *event) {
  emit("{\"event\":\"associationReset\",\"result\":\"%s\"}",
       outcome(event->assocreset_flags, SCTP_ASSOC_RESET_DENIED, SCTP_ASSOC_RESET_FAILED));
}

static void handle_stream_change(const struct sctp_stream_change_event *event) {
  emit("{\"event\":\"streamChange\",\"inboundStreams\":%u,\"outboundStreams\":%u,\"result\":\"%s\"}",
       event->strchange_instrms, event->strchange_outstrms,
       outcome(event->strchange_flags, SCTP_STREAM_CHANGE_DENIED, SCTP_STREAM_CHANGE_FAILED));
}
