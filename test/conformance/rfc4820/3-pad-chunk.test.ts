import { expect, it } from 'vitest';
import { writeChecksum } from '../../../src/base/checksum.ts';
import { encodeChunk } from '../../../src/chunks/index.ts';
import { connected } from '../stage.ts';

it('"This value MUST be set to 0x84 for all PAD chunks."; Flags: "This value SHOULD be set to zero on transmit"', () => {
  for (const length of [0, 4, 1_000]) {
    const bytes = encodeChunk({ kind: 'PAD', length });
    expect([bytes[0], bytes[1], bytes[2]! * 256 + bytes[3]!, bytes.length]).toEqual([0x84, 0, length + 4, length + 4]);
  }
});

it.each([0, 4, 1_000])(
  '"The receiver of the PAD chunk MUST discard this chunk and continue processing the rest of the chunks in the packet."; Flags "MUST be ignored on receipt."; "The Padding Data MUST be ignored by the receiver.": %d bytes',
  (length) => {
    const { network, z, peer } = connected();
    const pad = { kind: 'PAD', length } as const;
    const packet = peer.packet(peer.peerTag, [pad, peer.data(1), pad, peer.data(2), pad]);
    const second = 12 + (4 + length) + 20;
    for (const at of [12, second]) {
      packet[at + 1] = 0xff;
      packet.fill(0xa5, at + 4, at + 4 + length);
    }
    writeChecksum(packet);
    peer.sendBytes(packet);
    network.run({ forMs: 300 });
    // "continue processing the rest of the chunks in the packet"
    expect(z.received()).toHaveLength(2);
    expect(peer.received).toMatchObject([{ kind: 'SACK', cumulativeTsnAck: 2 }]);
    // "The receiver of the PAD chunk MUST discard this chunk"
    expect(z.association.metrics()).toMatchObject({ unexpectedChunks: 0, malformedChunks: 0 });
  },
);

it('nothing but padding is a packet that says nothing', () => {
  const { network, peer } = connected({ hbIntervalMs: 0 });
  for (let n = 0; n < 3; n++) peer.send({ kind: 'PAD', length: 100 }, { kind: 'PAD', length: 0 });
  network.run({ forMs: 5_000 });
  expect(peer.received).toEqual([]);
});
