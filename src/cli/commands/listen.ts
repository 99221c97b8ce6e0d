import { listen, type SctpAssociation, type SctpEndpoint } from '../../index.ts';
import { associationOptions, associationOptionTable } from '../association-options.ts';
import type { Command } from '../command.ts';
import { discardMessages, echoMessages, peerName, printMessages } from '../converse.ts';
import { onInterrupt } from '../interrupt.ts';
import { describeOptions, flag, list, parseCommandLine, parsePort, port, text, UsageError } from '../option-table.ts';
import { Output } from '../output.ts';
import { TypedLines } from '../typed-lines.ts';

const table = {
  host: list('A[,B]', 'address or addresses to bind, default all'),
  udpPort: port('UDP port to bind, default 9899; 0 picks one'),
  echo: flag('return every message on its stream with its ppid; serves peers until interrupted'),
  discard: flag('take every message and drop it; serves peers until interrupted'),
  keepOpen: flag('serve peers until interrupted, not only the first one'),
  pcap: text('FILE', 'record every packet to FILE, for Wireshark'),
  json: flag('print one JSON object a line'),
};

export const listenCommand: Command = {
  usage: 'PORT [options]',
  summary: 'wait for a peer, print what it sends and send what is typed, like ncat --sctp -l',
  help: () => `What arrives goes to standard output as it is; each line of standard input goes to the connected peers.
Ends with the first association, unless one of --echo, --discard and --keep-open is given. PORT 0 picks one.

Options
${describeOptions(table)}

Association options
${describeOptions(associationOptionTable)}`,

  async run(args) {
    const { options, shared, positionals } = parseCommandLine(args, table, ['PORT'], associationOptionTable);
    const { echo = false, discard = false, keepOpen = echo || discard, json = false, ...socket } = options;
    if (echo && discard) throw new UsageError('--echo and --discard exclude each other');
    const endpoint = await listen({
      // An echo needs the peer's stream numbers; streams that are not used cost nothing.
      ...(echo ? { outboundStreams: 65_535 } : {}),
      ...associationOptions(shared),
      ...socket,
      port: parsePort(positionals[0] ?? '', 'PORT'),
    });
    const output = new Output(json);
    const settle = onInterrupt(endpoint);
    announce(endpoint, output);
    const typed = echo || discard ? undefined : new TypedLines(output);
    const serve = (association: SctpAssociation): Promise<void> => {
      if (echo) return echoMessages(association);
      if (discard) return discardMessages(association);
      typed?.sendTo(association);
      return printMessages(association, output);
    };
    await (keepOpen ? serveAll(endpoint, serve, output) : serveOne(endpoint, serve, output));
    process.stdin.destroy();
    settle();
  },
};

type Serve = (association: SctpAssociation) => Promise<void>;

async function serveAll(endpoint: SctpEndpoint, serve: Serve, output: Output): Promise<void> {
  for await (const association of endpoint) {
    void report(association, serve, output).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      output.status(`failed: ${message}`, { event: 'failed', peer: peerName(association), message });
    });
  }
}

async function serveOne(endpoint: SctpEndpoint, serve: Serve, output: Output): Promise<void> {
  for await (const association of endpoint) {
    endpoint.on('association', (other) => other.abort('another peer is being served'));
    await report(association, serve, output).finally(() => endpoint.close());
    return;
  }
}

async function report(association: SctpAssociation, serve: Serve, output: Output): Promise<void> {
  const peer = peerName(association);
  output.status(`${peer} connected`, { event: 'connected', peer });
  await serve(association);
  const { error } = await association.closed;
  if (error !== undefined) throw error;
  output.status(`${peer} closed`, { event: 'closed', peer, ...association.metrics() });
}

function announce({ port, udpPort, addresses }: SctpEndpoint, output: Output): void {
  const text = `listening on SCTP port ${port}${udpPort === 0 ? '' : ` in UDP port ${udpPort}`}`;
  output.status(text, { event: 'listening', port, udpPort, addresses });
}
