import { expect, it } from 'vitest';
import { RemoteAddresses } from '../../../src/transport/remote-addresses.ts';

it('spells IPv4-mapped addresses plainly and nothing else', () => {
  const remotes = new RemoteAddresses();
  expect(remotes.get('::ffff:192.0.2.1', 5)).toEqual({ ip: '192.0.2.1', udpPort: 5 });
  expect(remotes.get('::ffff:1', 5)).toEqual({ ip: '::ffff:1', udpPort: 5 });
  expect(remotes.get('2001:db8::1', 5)).toEqual({ ip: '2001:db8::1', udpPort: 5 });
});

it('keeps one object a remote, up to its capacity', () => {
  const remotes = new RemoteAddresses(2);
  const first = remotes.get('192.0.2.1', 1);
  const second = remotes.get('192.0.2.1', 2);
  expect(remotes.get('192.0.2.1', 1)).toBe(first);
  remotes.get('192.0.2.1', 3);
  expect(remotes.get('192.0.2.1', 2)).toBe(second);
  expect(remotes.get('192.0.2.1', 1)).not.toBe(first);
  expect(remotes.get('192.0.2.1', 1)).toEqual(first);
});
