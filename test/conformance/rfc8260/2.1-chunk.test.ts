import { describe, expect, it } from 'vitest';
import { writeChecksum } from '../../../src/base/checksum.ts';
import { mid, tsn } from '../../../src/base/serial.ts';
import { encodeChunk } from '../../../src/chunks/index.ts';
import { pattern } from '../../support/messages.ts';
import { connected } from '../stage.ts';
import { iData, iDataTo, speaksIData } from './i-data.ts';

const interleaving = { interleaving: true };

describe('I-DATA', () => {
  it('Res: "They MUST be set to 0 by the sender and MUST be ignored by the receiver."; Reserved: "It MUST be set to 0 by the sender and MUST be ignored by the receiver."', () => {
    const { network, z, peer } = connected(interleaving, { parameters: speaksIData });
    const chunk = iData(peer, 1, 0, 0, { immediateAck: true, unordered: true });
    const bytes = encodeChunk(chunk);
    // Res: "They MUST be set to 0 by the sender". Reserved: "It MUST be set to 0 by the sender".
    expect([bytes[1]! & 0xf0, bytes[10], bytes[11]]).toEqual([0, 0, 0]);
    const packet = peer.packet(peer.peerTag, [chunk]);
    packet[12 + 1]! |= 0xf0;
    packet.fill(0xff, 12 + 10, 12 + 12);
    writeChecksum(packet);
    peer.sendBytes(packet);
    network.run({ forMs: 30 });
    // Res: "They […] MUST be ignored by the receiver." Reserved: "It […] MUST be ignored by the receiver."
    expect(z.received()).toMatchObject([{ unordered: true, data: { length: 4 } }]);
    expect(peer.latest('SACK').cumulativeTsnAck).toBe(1);
  });

  it('"The (I)mmediate Bit, if set, indicates that the receiver SHOULD NOT delay the sending of the corresponding SACK chunk."', () => {
    const { network, peer } = connected(interleaving, { parameters: speaksIData });
    peer.send(iData(peer, 1, 0));
    network.run({ forMs: 300 });
    peer.host.arrivals.length = 0;
    peer.send(iData(peer, 2, 1, 0, { immediateAck: true }));
    network.run({ forMs: 25 });
    expect(peer.received).toMatchObject([{ kind: 'SACK', cumulativeTsnAck: 2 }]);
  });

  it('"the sender MUST NOT have more than 2**31 - 1 ordered messages for each outgoing stream in flight and MUST NOT have more than 2**31 - 1 unordered messages for each outgoing stream in flight."; "a sender MUST NOT have more than 2**31 - 1 fragments of a single user message in flight.": no more than Gap Ack Blocks reach', () => {
    const sending = { initialCwndPackets: 1_000, maxBurst: 0, sendBufferSize: 2 ** 25 };
    const options = { ...interleaving, ...sending, pathMtu: 65_535 };
    const { network, z, peer } = connected(options, { parameters: speaksIData, aRwnd: 2 ** 31 });
    z.feed(
      z.association,
      Array.from({ length: 70_000 }, (_, n) => ({ data: pattern(0, 1), unordered: n % 2 === 0 })),
    );
    network.run({ forMs: 20 });
    // "more than 2**31 - 1 ordered messages"; "more than 2**31 - 1 unordered messages"
    expect([z.association.metrics().dataChunksSent, iDataTo(peer).length]).toEqual([65_535, 65_535]);
  });
});

describe('§2.3.1 I-FORWARD-TSN', () => {
  it('Flags: "They MUST be set to 0 by the sender and MUST be ignored by the receiver."; Reserved: "It MUST be set to 0 by the sender and MUST be ignored by the receiver."', () => {
    const { network, z, peer } = connected(interleaving, { parameters: speaksIData });
    const chunk = {
      kind: 'I-FORWARD-TSN',
      newCumulativeTsn: tsn(1),
      streams: [{ streamId: 0, unordered: false, mid: mid(0) }],
    } as const;
    const bytes = encodeChunk(chunk);
    // Flags: "They MUST be set to 0 by the sender". Reserved: "It MUST be set to 0 by the sender".
    expect([bytes[1], bytes[10], bytes[11]]).toEqual([0, 0, 0]);
    const packet = peer.packet(peer.peerTag, [chunk, iData(peer, 2, 1)]);
    packet[12 + 1] = 0xff;
    packet.fill(0xff, 12 + 10, 12 + 12);
    packet[12 + 11] = 0xfe;
    writeChecksum(packet);
    peer.sendBytes(packet);
    network.run({ forMs: 30 });
    expect(peer.latest('SACK').cumulativeTsnAck).toBe(2);
    // Flags: "They […] MUST be ignored by the receiver." Reserved: "It […] MUST be ignored by the receiver."
    expect(z.received()).toHaveLength(1);
    expect(iDataTo(peer)).toEqual([]);
  });
});
