import { emptyBytes } from '../base/bytes.ts';
import { type Tsn, tsn } from '../base/serial.ts';
import type { DataChunk, Fragment, IDataChunk, PacketBuilder } from '../chunks/index.ts';

const noFragment: Fragment = {
  streamId: 0,
  unordered: false,
  beginning: true,
  ending: true,
  messageId: 0,
  fsn: 0,
  ppid: 0,
  payload: emptyBytes,
};

/** The chunk that is being written: one object serves for all. */
const theChunk: { kind: 'DATA' | 'I-DATA'; tsn: Tsn; immediateAck: boolean; fragment: Fragment } = {
  kind: 'DATA',
  tsn: tsn(0),
  immediateAck: false,
  fragment: noFragment,
};

/** Appends a DATA or I-DATA chunk to the packet. */
export function appendData(
  builder: PacketBuilder,
  kind: 'DATA' | 'I-DATA',
  tsn: Tsn,
  immediateAck: boolean,
  fragment: Fragment,
): void {
  theChunk.kind = kind;
  theChunk.tsn = tsn;
  theChunk.immediateAck = immediateAck;
  theChunk.fragment = fragment;
  builder.append(theChunk as DataChunk | IDataChunk);
  // What was sent is not kept alive from here.
  theChunk.fragment = noFragment;
}
