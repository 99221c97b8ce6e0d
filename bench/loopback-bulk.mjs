// How fast do large messages go from one process to another? Goodput of user data over UDP on the loopback interface.
import { transfer } from './harness/stacks.mjs';

const ethernetMtu = 1_500;
/** An SCTP packet in UDP over IPv6 on Ethernet: 1,500 - 40 - 8. */
const ethernetPacketSize = 1_452;
/** UDP over IPv4 carries no more. */
const largestDatagram = 65_507;

const sizes = [
  ['1KiB', 1_024],
  ['16KiB', 16 * 1_024],
  ['64KiB', 64 * 1_024],
];

async function megabits(stack, options) {
  const { bytesPerSecond } = await transfer(stack, options);
  return (bytesPerSecond * 8) / 1e6;
}

const bareTransfer = (options, packetSize) =>
  megabits('dgram-window-crc', { ...options, packetSize, messageSize: packetSize });

/** Every stack is told the MTU; ours searches for no larger one. */
function bulkOnEthernet([name, messageSize]) {
  const told = (stack) => (options) => megabits(stack, { ...options, messageSize, pathMtu: ethernetMtu });
  return {
    rows: [{ name: `loopback/bulk-1500/${name}`, unit: 'Mbit/s' }],
    limit: 'dgram-window-crc',
    ours: (options) =>
      megabits('sctp-ts', { ...options, messageSize, association: { pathMtu: ethernetMtu, pmtud: false } }),
    peers: {
      'dgram-window-crc': (options) => bareTransfer(options, ethernetPacketSize),
      usrsctp: told('usrsctp'),
      'usrsctp-o2': told('usrsctp-o2'),
      werift: told('werift'),
      sctp: told('sctp'),
      tcp: (options) => megabits('tcp', { ...options, messageSize }),
    },
  };
}

/** Nobody is told an MTU, but for the peer that says so. */
function bulkWithDiscovery() {
  const messageSize = 64 * 1_024;
  const untold = (stack) => (options) => megabits(stack, { ...options, messageSize });
  let packetSize = ethernetPacketSize;
  return {
    rows: [{ name: 'loopback/bulk-pmtud/64KiB', unit: 'Mbit/s' }],
    limit: 'dgram-window-crc',
    async ours(options) {
      const { bytesPerSecond, sender } = await transfer('sctp-ts', { ...options, messageSize });
      // The path MTU counts the headers of IPv4 (20 bytes) and UDP (8 bytes).
      packetSize = Math.min(sender.pathMtu - 28, largestDatagram);
      return (bytesPerSecond * 8) / 1e6;
    },
    peers: {
      // Packets of the size that ours has just found.
      'dgram-window-crc': (options) => bareTransfer(options, packetSize),
      usrsctp: untold('usrsctp'),
      'usrsctp-o2': untold('usrsctp-o2'),
      'usrsctp-mtu-60000': untold('usrsctp-mtu-60000'),
      'usrsctp-o2-mtu-60000': untold('usrsctp-o2-mtu-60000'),
      tcp: untold('tcp'),
    },
  };
}

export const questions = [...sizes.map(bulkOnEthernet), bulkWithDiscovery()];
