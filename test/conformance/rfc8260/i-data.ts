import { mid, tsn } from '../../../src/base/serial.ts';
import { type Chunk, chunkTypes, type Parameter } from '../../../src/chunks/index.ts';
import type { FragmentOptions, RawPeer } from '../../support/raw-peer.ts';

type IDataChunk = Extract<Chunk, { kind: 'I-DATA' }>;

/** What a peer says that speaks I-DATA, and I-FORWARD-TSN with it. */
export const speaksIData: readonly Parameter[] = [
  { kind: 'Forward-TSN-Supported' },
  {
    kind: 'Supported Extensions',
    chunkTypes: [chunkTypes['I-DATA'], chunkTypes['I-FORWARD-TSN'], chunkTypes['RE-CONFIG']],
  },
];

/** As `peer.data`, with a MID and an FSN. */
export function iData(peer: RawPeer, number: number, messageId: number, fsn = 0, options: FragmentOptions = {}): Chunk {
  const { tsn: at, immediateAck, fragment } = peer.data(number, options) as Extract<Chunk, { kind: 'DATA' }>;
  return { kind: 'I-DATA', tsn: tsn(at), immediateAck, fragment: { ...fragment, messageId: mid(messageId), fsn } };
}

/** The I-DATA chunks that the peer has received. */
export function iDataTo(peer: RawPeer): IDataChunk[] {
  return peer.received.filter((chunk): chunk is IDataChunk => chunk.kind === 'I-DATA');
}
