import { connect, type SctpAssociation, SctpError, type SendOptions } from '../../index.ts';
import { associationOptions, associationOptionTable } from '../association-options.ts';
import type { Command } from '../command.ts';
import { peerName, printMessages } from '../converse.ts';
import { readChunks, readLines } from '../input.ts';
import { onInterrupt } from '../interrupt.ts';
import {
  describeOptions,
  flag,
  integer,
  list,
  parseCommandLine,
  parseList,
  parsePort,
  port,
  text,
} from '../option-table.ts';
import { Output } from '../output.ts';

/** A person waits in front of it: the RFC's own limit for a silent peer takes four minutes. */
const defaultConnectTimeoutMs = 15_000;

const table = {
  stream: integer('N', 'stream to send on, default 0', 0xffff),
  ppid: integer('N', 'payload protocol identifier, default 0', 0xffff_ffff),
  unordered: flag('let messages overtake each other'),
  lifetimeMs: integer('MS', 'give up a message that has not arrived by then', 0xffff_ffff),
  maxRetransmits: integer('N', 'give up a message that was sent again so often; 0 sends each once', 0xffff_ffff),
  binary: flag('each read of standard input is a message, instead of each line'),
  localHost: list('A[,B]', 'our address or addresses, default all'),
  localPort: port('our SCTP port, default any'),
  udpPort: port('our UDP port, default any'),
  remoteUdpPort: port("the peer's UDP port, default 9899"),
  connectTimeoutMs: integer('MS', `how long to wait for an answer, default ${defaultConnectTimeoutMs}`, 0x7fff_ffff),
  pcap: text('FILE', 'record every packet to FILE, for Wireshark'),
  json: flag('print one JSON object a line'),
};

export const connectCommand: Command = {
  usage: 'HOST[,HOST2] PORT [options]',
  summary: 'send standard input to a peer and print what comes back, like ncat --sctp',
  help: () => `Each line of standard input, with its newline, is a message. What arrives goes to standard output as it is.
The end of the input closes the association when all is acknowledged.

Options
${describeOptions(table)}

Association options
${describeOptions(associationOptionTable)}`,

  async run(args) {
    const { options, shared, positionals } = parseCommandLine(args, table, ['HOST', 'PORT'], associationOptionTable);
    const {
      stream: streamId,
      ppid,
      unordered,
      lifetimeMs,
      maxRetransmits,
      binary = false,
      json = false,
      connectTimeoutMs,
      ...socket
    } = options;
    const [host = '', port = ''] = positionals;
    const output = new Output(json);
    const timeoutMs = connectTimeoutMs ?? defaultConnectTimeoutMs;
    const association = await connect({
      ...associationOptions(shared),
      ...socket,
      host: parseList(host),
      port: parsePort(port, 'PORT'),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      if (!(error instanceof SctpError) || error.code !== 'SCTP_ERR_CANCELLED') throw error;
      const where = `${host} port ${port} (UDP port ${socket.remoteUdpPort ?? 9899})`;
      throw new Error(
        `${where} did not answer for ${timeoutMs / 1000} s; is the peer running, and does UDP pass between?`,
      );
    });
    const settle = onInterrupt(association);
    const peer = peerName(association);
    output.status(`connected to ${peer}`, { event: 'connected', peer, port: association.localPort });
    const input = binary ? readChunks(process.stdin) : readLines(process.stdin);
    const sending = sendAll(association, input, { streamId, ppid, unordered, lifetimeMs, maxRetransmits });
    // Without this a failure to send would be unhandled while the rest is still printed.
    sending.catch(() => {});
    await printMessages(association, output).finally(() => process.stdin.destroy());
    await sending;
    settle();
    output.status('closed', { event: 'closed', ...association.metrics() });
  },
};

/** The end of the input is the end of the association, as with `ncat --sctp`: SCTP has no half-closed state. */
async function sendAll(
  association: SctpAssociation,
  input: AsyncIterable<Uint8Array>,
  options: SendOptions,
): Promise<void> {
  for await (const data of input) await association.send(data, options);
  await association.close();
}
