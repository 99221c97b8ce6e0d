import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const hasTshark = spawnSync('tshark', ['--version'], { stdio: 'ignore' }).status === 0;

/** What a packet must not have. tshark checks SCTP checksums only when told which of the two kinds they are. */
const defects = [
  '_ws.malformed',
  'sctp.checksum.status == "Bad"',
  'sctp.chunk_length.bad',
  'sctp.parameter_length.bad',
  'sctp.parameter_padding.expert',
  'sctp.sack_gap_block_malformed',
  'sctp.sack_gap_block_out_of_order',
].join(' || ');

/** No further than SCTP: a payload of ours must not wake an application's dissector, which would call it malformed. */
const preferences = ['sctp.checksum:CRC 32c', 'sctp.ulp_dissection:FALSE', 'sctp.reassembly:FALSE'];

async function tshark(file: string, udpPorts: readonly number[], ...options: string[]): Promise<string[]> {
  const decodeAs = udpPorts.flatMap((port) => ['-d', `udp.port==${port},sctp`]);
  const settings = preferences.flatMap((preference) => ['-o', preference]);
  const { stdout } = await run('tshark', ['-n', ...decodeAs, ...settings, '-r', file, ...options], {
    maxBuffer: 2 ** 28,
  });
  return stdout.split('\n').filter((line) => line !== '');
}

/** One line for each packet of a capture that is malformed or has a wrong checksum. */
export function badPackets(file: string, ...udpPorts: number[]): Promise<string[]> {
  // What ICMP quotes of a packet is not all of it.
  return tshark(file, udpPorts, '-Y', `(${defects}) && !icmp && !icmpv6`);
}

/** The chunk types of a capture, one line a packet, as `1` or `0,3`: to prove that there was something to check. */
export function chunkTypes(file: string, ...udpPorts: number[]): Promise<string[]> {
  return tshark(file, udpPorts, '-Y', 'sctp', '-T', 'fields', '-e', 'sctp.chunk_type');
}
