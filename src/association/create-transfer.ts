import type { Context } from './context.ts';
import { DataReceiver } from './data-receiver.ts';
import { DataSender } from './data-sender.ts';
import type { Transfer } from './state.ts';
import type { StateCookie } from './state-cookie.ts';
import { StreamReconfiguration } from './stream-reconfiguration.ts';

/** What the set-up has negotiated, as a State Cookie holds it. */
export type Negotiated = Pick<
  StateCookie,
  'localInitialTsn' | 'peerInitialTsn' | 'peerARwnd' | 'outboundStreams' | 'inboundStreams' | 'capabilities'
>;

/** Both halves of data transfer, and stream re-configuration, for what has been negotiated (RFC 9260 §5.1). */
export function createTransfer(context: Context, negotiated: Negotiated): Transfer {
  context.setStreams(negotiated.outboundStreams, negotiated.inboundStreams);
  context.setCapabilities(negotiated.capabilities);
  const { localInitialTsn, peerInitialTsn, peerARwnd } = negotiated;
  const sender = new DataSender(context, localInitialTsn, peerARwnd);
  const receiver = new DataReceiver(context, peerInitialTsn);
  const reconfiguration = new StreamReconfiguration(context, sender, receiver, localInitialTsn, peerInitialTsn);
  return { sender, receiver, reconfiguration };
}
