import { describe, expect, it } from 'vitest';
import { formatAddress, isIpv6, sameAddress } from '../../../src/base/address.ts';

describe('addresses', () => {
  it('are the same when IP address and UDP port are', () => {
    const address = { ip: '192.0.2.1', udpPort: 9899 };
    expect(sameAddress(address, { ...address })).toBe(true);
    expect(sameAddress(address, { ...address, udpPort: 0 })).toBe(false);
    expect(sameAddress(address, { ...address, ip: '192.0.2.2' })).toBe(false);
  });

  it.each([
    ['192.0.2.1', 9899, '192.0.2.1:9899'],
    ['192.0.2.1', 0, '192.0.2.1'],
    ['2001:db8::1', 9899, '[2001:db8::1]:9899'],
    ['2001:db8::1', 0, '2001:db8::1'],
  ])('%s and UDP port %i read %s', (ip, udpPort, text) => {
    expect(formatAddress({ ip, udpPort })).toBe(text);
    expect(isIpv6(ip)).toBe(ip.includes(':'));
  });
});
