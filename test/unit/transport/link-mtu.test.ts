import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { linkMtu } from '../../../src/transport/link-mtu.ts';
import { UdpTransport } from '../../../src/transport/udp.ts';

const address = (ip: string) => ({ ip, udpPort: 9899 });

describe('the MTU of the link', () => {
  it('to this host is the one of the loopback interface', () => {
    const expected = { linux: 65_536, win32: 65_535 }[process.platform as string] ?? 16_384;
    expect(linkMtu(address('127.0.0.1'))).toBe(expected);
    expect(linkMtu(address('127.1.2.3'), address('127.0.0.1'))).toBe(expected);
    expect(linkMtu(address('::1'))).toBe(expected);
  });

  it('to this host leaves room for many packets in the receive buffer, but is not less than that of Ethernet', () => {
    expect(linkMtu(address('127.0.0.1'), undefined, 128 * 4_000)).toBe(4_000);
    expect(linkMtu(address('127.0.0.1'), undefined, 50_000)).toBe(1_500);
  });

  it('elsewhere is at most the one of Ethernet where nothing says more', () => {
    expect(linkMtu(address('192.0.2.1'))).toBeLessThanOrEqual(1_500);
    expect(linkMtu(address('2001:db8::1'))).toBeGreaterThanOrEqual(576);
    expect(linkMtu(address('fe80::1%eth0'))).toBeGreaterThanOrEqual(576);
  });

  it.runIf(process.platform === 'linux')('is what the interface has that owns the local address', () => {
    for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
      const mtu = Number(readFileSync(`/sys/class/net/${name.split(':')[0]}/mtu`, 'utf8'));
      for (const { address: ip, internal } of addresses) {
        if (internal) continue;
        expect(linkMtu(address(ip.includes(':') ? '2001:db8::1' : '192.0.2.1'), address(ip))).toBe(mtu);
        // Packets to an address of our own stay on the host.
        expect(linkMtu(address(ip))).toBe(65_536);
      }
    }
  });

  it('is among the properties of UDP', () => {
    expect(new UdpTransport().properties.linkMtu?.(address('127.0.0.1'), undefined)).toBe(
      process.platform === 'win32' ? 65_535 : linkMtu(address('127.0.0.1')),
    );
  });
});
