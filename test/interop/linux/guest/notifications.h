/* What the kernel tells about associations. */

static uint32_t send_failures;

static void handle_association_change(const struct sctp_assoc_change *change) {
  static const char *const events[] = { "up", "lost", "restart", "ended", "cantStart" };
  if (change->sac_state == SCTP_COMM_UP || change->sac_state == SCTP_RESTART) association = change->sac_assoc_id;
  emit("{\"event\":\"%s\",\"association\":%d,\"outboundStreams\":%u,\"inboundStreams\":%u,\"error\":%u}",
       change->sac_state < 5 ? events[change->sac_state] : "?", change->sac_assoc_id, change->sac_outbound_streams,
       change->sac_inbound_streams, ntohs(change->sac_error));
  if (change->sac_state == SCTP_COMM_UP || change->sac_state == SCTP_RESTART) return;
  sending = false;
  for (uint32_t i = 0; i < 2 * 65536; i++) {
    free(parts[i / 65536][i % 65536].data);
    parts[i / 65536][i % 65536] = (struct part){ NULL, 0 };
  }
}

/* SCTP_ADDR_AVAILABLE and so on. */
static const char *path_state(int state) {
  static const char *const states[] = { "available", "unreachable", "removed", "added", "madePrimary", "confirmed",
                                        "potentiallyFailed" };
  return state >= 0 && state < 7 ? states[state] : "?";
}

static void handle_stream_reset(const struct sctp_stream_reset_event *reset) {
  size_t listed = (reset->strreset_length - sizeof *reset) / 2;
  printf("{\"event\":\"streamReset\",\"incoming\":%s,\"outgoing\":%s,\"denied\":%s,\"failed\":%s,\"streams\":[",
         reset->strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN ? "true" : "false",
         reset->strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN ? "true" : "false",
         reset->strreset_flags & SCTP_STREAM_RESET_DENIED ? "true" : "false",
         reset->strreset_flags & SCTP_STREAM_RESET_FAILED ? "true" : "false");
  for (size_t i = 0; i < listed; i++) printf(i == 0 ? "%u" : ",%u", reset->strreset_stream_list[i]);
  emit("]}");
}

static void handle_notification(const union sctp_notification *notification) {
  char address[INET6_ADDRSTRLEN];
  switch (notification->sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE:
      handle_association_change(&notification->sn_assoc_change);
      break;
    case SCTP_PEER_ADDR_CHANGE:
      emit("{\"event\":\"path\",\"address\":\"%s\",\"state\":\"%s\",\"error\":%d}",
           text_of(&notification->sn_paddr_change.spc_aaddr, address),
           path_state(notification->sn_paddr_change.spc_state), notification->sn_paddr_change.spc_error);
      break;
    case SCTP_SHUTDOWN_EVENT:
      emit("{\"event\":\"shutdown\"}");
      break;
    case SCTP_REMOTE_ERROR:
      emit("{\"event\":\"remoteError\",\"cause\":%u}", ntohs(notification->sn_remote_error.sre_error));
      break;
    case SCTP_SEND_FAILED_EVENT:
      if (send_failures++ == 0) emit("{\"event\":\"sendFailed\"}");
      break;
    case SCTP_PARTIAL_DELIVERY_EVENT:
      emit("{\"event\":\"partialDeliveryAborted\"}");
      break;
    case SCTP_STREAM_RESET_EVENT:
      handle_stream_reset(&notification->sn_strreset_event);
      break;
    case SCTP_ASSOC_RESET_EVENT:
      emit("{\"event\":\"associationReset\",\"flags\":%u}", notification->sn_assocreset_event.assocreset_flags);
      break;
    case SCTP_STREAM_CHANGE_EVENT:
      emit("{\"event\":\"streamChange\",\"flags\":%u,\"incoming\":%u,\"outgoing\":%u}",
           notification->sn_strchange_event.strchange_flags, notification->sn_strchange_event.strchange_instrms,
           notification->sn_strchange_event.strchange_outstrms);
      break;
  }
}
