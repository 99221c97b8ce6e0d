import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureFormat, pcapngHeader, pcapngPacket, readCapture } from '../../../src/trace/index.ts';
import { wrapInIp } from '../../../src/trace/ip-packet.ts';
import { FileBuilder, pcapFile } from './capture-file.ts';
import { dataChunk, goldenPackets, packetOf } from './packets.ts';

const packet = packetOf(7, dataChunk(1));
const from = { ip: '192.0.2.1', udpPort: 9899 };
const to = { ip: '192.0.2.2', udpPort: 1024 };
const ip = wrapInIp(packet, from, to);
const ip6 = wrapInIp(packet, { ip: '::1', udpPort: 0 }, { ip: '::2', udpPort: 0 });

describe('classic pcap', () => {
  it.each([
    [true, false],
    [true, true],
    [false, false],
    [false, true],
  ])('is read with little endian %s and nanoseconds %s', (littleEndian, nanoseconds) => {
    const file = pcapFile([ip, ip], { littleEndian, nanoseconds });
    expect(captureFormat(file)).toBe('pcap');
    expect([...readCapture(file)]).toEqual([
      { timeMs: 1_700_000_000_250, from, to, packet, truncated: false },
      { timeMs: 1_700_000_001_750, from, to, packet, truncated: false },
    ]);
  });

  it.each([
    ['Ethernet', 1, [...new Uint8Array(12), 0x08, 0x00]],
    ['Ethernet with two VLAN tags', 1, [...new Uint8Array(12), 0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 0x08, 0x00]],
    ['raw IP', 101, []],
    ['raw IPv4', 228, []],
    ['BSD loopback', 0, [2, 0, 0, 0]],
    ['OpenBSD loopback', 108, [0, 0, 0, 2]],
    ['Linux cooked', 113, [...new Uint8Array(14), 0x08, 0x00]],
    ['Linux cooked 2', 276, [0x08, 0x00, ...new Uint8Array(18)]],
  ])('is read over %s', (_name, linkType, header) => {
    const file = pcapFile([Uint8Array.from([...header, ...ip])], { linkType });
    expect([...readCapture(file)]).toMatchObject([{ from, to, packet }]);
  });

  it('is read with IPv6 in Ethernet, and without what is neither', () => {
    const ethernet = (type: number, rest: Uint8Array): Uint8Array =>
      Uint8Array.from([...new Uint8Array(12), type >> 8, type & 0xff, ...rest]);
    const frames = [
      ethernet(0x86dd, ip6),
      ethernet(0x0806, ip),
      ethernet(0x0800, Uint8Array.of(0x45)),
      Uint8Array.of(1),
    ];
    expect([...readCapture(pcapFile(frames, { linkType: 1 }))]).toMatchObject([{ from: { ip: '::1' }, packet }]);
    expect([...readCapture(pcapFile([ip], { linkType: 147 }))]).toEqual([]);
  });
});

describe('pcapng', () => {
  const enhanced = (order: boolean, [high, low]: readonly [number, number], frame: Uint8Array): Uint8Array =>
    new FileBuilder(order).uint32(0, high, low, frame.length, frame.length).raw(frame).build();
  const section = (order: boolean): Uint8Array =>
    new FileBuilder(order).uint32(0x1a2b3c4d).uint16(1, 0).uint32(0xffffffff, 0xffffffff).build();

  it('comes back as it was written', () => {
    const packets = [
      { timeMs: 1_700_000_000_000.125, from, to, packet },
      { timeMs: 1_700_000_000_001, from: { ip: '::1', udpPort: 0 }, to: { ip: '::2', udpPort: 0 }, packet },
      { timeMs: 0, from, to, packet: packet.subarray(0, 13) },
    ];
    const file = Uint8Array.from([pcapngHeader(), ...packets.map(pcapngPacket)].flatMap((part) => [...part]));
    expect(captureFormat(file)).toBe('pcapng');
    expect([...readCapture(file)]).toEqual(packets.map((written) => ({ ...written, truncated: false })));
  });

  it.each([true, false])('is read with little endian %s, resolution and offset, unknown blocks left out', (order) => {
    // Options: a comment, nanoseconds, ten seconds more.
    const options = new FileBuilder(order)
      .uint16(1, 2)
      .raw([0x68, 0x69, 0, 0])
      .uint16(9, 1)
      .raw([9, 0, 0, 0])
      .uint16(14, 8);
    options.uint32(...(order ? [10, 0] : [0, 10])).uint16(0, 0);
    const described = new FileBuilder(order).uint16(101, 0).uint32(0).raw(options.build()).build();
    const file = new FileBuilder(order)
      .block(0x0a0d0d0a, section(order))
      .block(1, described)
      .block(5, Uint8Array.of(1, 2, 3))
      .block(6, enhanced(order, [1, 0], ip))
      .block(3, new FileBuilder(order).uint32(ip.length).raw(ip).build())
      .build();
    expect([...readCapture(file)].map(({ timeMs }) => timeMs)).toEqual([(2 ** 32 / 1e9 + 10) * 1000, 0]);
  });

  it('counts time in powers of two where the interface says so', () => {
    const described = new FileBuilder(true).uint16(101, 0).uint32(0).uint16(9, 1).raw([0x8a, 0, 0, 0]).build();
    const file = new FileBuilder(true).block(0x0a0d0d0a, section(true)).block(1, described);
    expect([...readCapture(file.block(6, enhanced(true, [0, 512], ip)).build())][0]?.timeMs).toBe(500);
  });

  it('begins again with each section, in its byte order', () => {
    const file = new FileBuilder(true).block(0x0a0d0d0a, section(true));
    const described = (order: boolean): Uint8Array => new FileBuilder(order).uint16(101, 0).uint32(0).build();
    const second = new FileBuilder(false).block(0x0a0d0d0a, section(false));
    file.block(1, described(true)).block(6, enhanced(true, [0, 1000], ip));
    // In the second section no interface is described before its first packet.
    second
      .block(6, enhanced(false, [0, 2000], ip))
      .block(1, described(false))
      .block(6, enhanced(false, [0, 3000], ip));
    const both = Uint8Array.from([...file.build(), ...second.build()]);
    expect([...readCapture(both)].map(({ timeMs }) => timeMs)).toEqual([1, 3]);
  });
});

describe('captures of real stacks', () => {
  it.each([
    ['usrsctp/15-shutdown.pcap', '127.0.0.1', 9898],
    ['usrsctp/28-af-conn.pcap', '127.0.0.1', 9898],
    ['linux/encap-basic.pcap', '10.77.0.2', 9899],
    ['linux/native-basic.pcap', '10.77.0.2', 0],
  ])('%s begins with an INIT from %s', (name, address, udpPort) => {
    const packets = goldenPackets(name);
    expect(packets[0]).toMatchObject({ from: { ip: address, udpPort }, truncated: false });
    expect(packets[0]!.packet[12]).toBe(1);
    expect(packets.every(({ timeMs }, i) => timeMs >= (packets[i - 1]?.timeMs ?? 1.7e12))).toBe(true);
  });
});

describe('hostile files', () => {
  it('yield nothing when they are no captures', () => {
    for (const file of [new Uint8Array(0), new Uint8Array(24), new Uint8Array(100).fill(0xff)]) {
      expect(captureFormat(file)).toBeUndefined();
      expect([...readCapture(file)]).toEqual([]);
    }
  });

  it('end where they are cut off', () => {
    const pcap = pcapFile([ip, ip]);
    expect([...readCapture(pcap.subarray(0, pcap.length - 1))]).toHaveLength(1);
    const pcapng = Uint8Array.from([...pcapngHeader(), ...pcapngPacket({ timeMs: 0, from, to, packet })]);
    expect([...readCapture(pcapng.subarray(0, pcapng.length - 1))]).toHaveLength(0);
  });

  it('never throw, and never yield more than they hold', () => {
    const real = readFileSync(new URL('../../golden/usrsctp/17-abort.pcap', import.meta.url));
    const written = goldenPackets('linux/native-prsctp.pcap').slice(0, 5).map(pcapngPacket);
    const pcapng = Uint8Array.from([pcapngHeader(), ...written].flatMap((part) => [...part]));
    const mutation = fc.tuple(fc.nat(600), fc.constantFrom(0, 1, 3, 4, 0x7f, 0x80, 0xff));
    fc.assert(
      fc.property(fc.constantFrom(real, pcapng), fc.array(mutation, { maxLength: 20 }), (file, mutations) => {
        const mutated = Uint8Array.from(file);
        for (const [offset, value] of mutations) mutated[offset % mutated.length] = value;
        const packets = [...readCapture(mutated)];
        expect(packets.reduce((sum, each) => sum + each.packet.length, 0)).toBeLessThanOrEqual(mutated.length);
      }),
      { numRuns: 500 },
    );
  });
});
