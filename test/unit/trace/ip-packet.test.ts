import { describe, expect, it } from 'vitest';
import { unwrapFromIp, wrapInIp } from '../../../src/trace/ip-packet.ts';
import { dataChunk, packetOf } from './packets.ts';

const packet = packetOf(7, dataChunk(1, Uint8Array.of(1, 2, 3)));

describe('an SCTP packet in IP', () => {
  it.each([
    ['IPv4', '192.0.2.1', '192.0.2.2', 0, 20],
    ['UDP over IPv4', '192.0.2.1', '192.0.2.2', 9899, 28],
    ['IPv6', '2001:db8::1', '2001:db8::2', 0, 40],
    ['UDP over IPv6', '2001:db8::1', '::1', 9899, 48],
  ])('comes out of %s as it went in', (_what, source, destination, udpPort, overhead) => {
    const from = { ip: source, udpPort };
    const to = { ip: destination, udpPort };
    const wrapped = wrapInIp(packet, from, to);
    expect(wrapped).toHaveLength(packet.length + overhead);
    expect(unwrapFromIp(wrapped)).toEqual({ from, to, packet, truncated: false });
  });

  it('meets a peer of the other family in mapped form', () => {
    const wrapped = wrapInIp(packet, { ip: '192.0.2.1', udpPort: 0 }, { ip: '2001:db8::2', udpPort: 0 });
    expect(unwrapFromIp(wrapped)).toMatchObject({ from: { ip: '::ffff:192.0.2.1' }, to: { ip: '2001:db8::2' } });
  });

  it('writes what is no address as the unspecified one', () => {
    const nowhere = { ip: 'memory', udpPort: 1 };
    expect(unwrapFromIp(wrapInIp(packet, nowhere, nowhere))).toMatchObject({ from: { ip: '0.0.0.0' } });
    expect(unwrapFromIp(wrapInIp(packet, nowhere, { ip: '::1', udpPort: 1 }))).toMatchObject({ from: { ip: '::' } });
  });

  it('has right checksums, whatever its length', () => {
    for (const extra of [0, 1, 2, 3]) {
      const longer = new Uint8Array(packet.length + extra).fill(0xff);
      const four = wrapInIp(longer, { ip: '192.0.2.1', udpPort: 1 }, { ip: '192.0.2.2', udpPort: 2 });
      expect(onesComplementSum(four.subarray(0, 20))).toBe(0xffff);
      expect(onesComplementSum(udpWithPseudoHeader(four.subarray(12, 20), four.subarray(20)))).toBe(0xffff);
      const six = wrapInIp(longer, { ip: '2001:db8::1', udpPort: 1 }, { ip: '2001:db8::2', udpPort: 2 });
      expect(onesComplementSum(udpWithPseudoHeader(six.subarray(8, 40), six.subarray(40)))).toBe(0xffff);
    }
  });
});

describe('finding SCTP in IP', () => {
  const at = (udpPort: number, ip = '192.0.2.1') => ({ ip, udpPort });

  it('knows it on any UDP port by its checksum, and on port 9899 without', () => {
    const damaged = packet.slice();
    damaged[20]! ^= 1;
    expect(unwrapFromIp(wrapInIp(packet, at(1), at(2)))?.packet).toEqual(packet);
    expect(unwrapFromIp(wrapInIp(damaged, at(1), at(2)))).toBeUndefined();
    expect(unwrapFromIp(wrapInIp(damaged, at(9899), at(2)))?.packet).toEqual(damaged);
    expect(unwrapFromIp(wrapInIp(new Uint8Array(0), at(1), at(9899)))?.packet).toHaveLength(0);
  });

  it('leaves out the padding of short frames', () => {
    const padded = new Uint8Array(100);
    padded.set(wrapInIp(packet, at(0), at(0)));
    expect(unwrapFromIp(padded)).toMatchObject({ packet, truncated: false });
  });

  it('says when the capture is cut off', () => {
    const wrapped = wrapInIp(packet, at(9899), at(9899));
    expect(unwrapFromIp(wrapped.subarray(0, 50))).toMatchObject({ packet: packet.subarray(0, 22), truncated: true });
  });

  it('steps over IPv6 extension headers and leaves fragments alone', () => {
    const plain = wrapInIp(packet, at(0, '::1'), at(0, '::2'));
    const withHeader = (type: number): Uint8Array => {
      const extended = new Uint8Array(plain.length + 8);
      extended.set(plain.subarray(0, 40));
      extended.set(plain.subarray(40), 48);
      extended[40] = 132;
      extended[6] = type;
      extended[5] = plain.length - 40 + 8;
      return extended;
    };
    expect(unwrapFromIp(withHeader(60))?.packet).toEqual(packet);
    expect(unwrapFromIp(withHeader(44))).toBeUndefined();
  });

  it('leaves IPv4 fragments and other protocols alone', () => {
    const fragment = wrapInIp(packet, at(0), at(0));
    fragment[6] = 0x20;
    const tcp = wrapInIp(packet, at(0), at(0));
    tcp[9] = 6;
    for (const bytes of [fragment, tcp, new Uint8Array(0), Uint8Array.of(0x45), Uint8Array.of(0x60, 0)]) {
      expect(unwrapFromIp(bytes)).toBeUndefined();
    }
  });
});

function udpWithPseudoHeader(addresses: Uint8Array, udp: Uint8Array): Uint8Array {
  return Uint8Array.from([...addresses, 0, 17, udp.length >> 8, udp.length & 0xff, ...udp]);
}

function onesComplementSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}
