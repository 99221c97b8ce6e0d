import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type SctpAssociation, type SctpMessage } from '../../index.ts';
import { arrowDiagram, type CapturedPacket, conversations } from '../../trace/index.ts';
import { type TapCallback, tap, UdpTransport } from '../../transport/index.ts';
import type { Command } from '../command.ts';
import { bulkStreamId, endOfBulkPpid, loopback } from '../demo-protocol.ts';
import { describeOptions, flag, parseCommandLine, text } from '../option-table.ts';
import { Screen } from '../screen.ts';

/** The whole of it takes three seconds; what takes longer than this has failed. */
const timeoutMs = 30_000;

const bulkDurationMs = 1_500;
const bulkMessageSize = 64 * 1024;

const greetings = [
  { streamId: 0, ppid: 0, words: 'Hello from stream 0' },
  { streamId: 1, ppid: 51, words: 'stream 1 speaks WebRTC (ppid 51)' },
  { streamId: 2, ppid: 46, words: 'stream 2 carries Diameter (ppid 46)' },
  { streamId: 3, ppid: 3, words: 'Grüße von Strom 3' },
];

const table = {
  pcap: text('FILE', 'record every packet to FILE, for Wireshark'),
  json: flag('print one JSON object a line'),
};

export const demoCommand: Command = {
  usage: '[options]',
  summary: 'two processes on this machine talk SCTP with each other, and you watch',
  help: () => `Options\n${describeOptions(table)}`,

  async run(args) {
    const { options } = parseCommandLine(args, table);
    const deadline = AbortSignal.timeout(timeoutMs);
    const peer = startPeer();
    try {
      await demonstrate(peer, new Screen(options.json ?? false), options.pcap, deadline);
    } catch (error) {
      if (deadline.aborted) throw new Error(`the demo did not come to its end within ${timeoutMs / 1000} s`);
      throw error;
    } finally {
      if (peer.exitCode === null) peer.kill();
    }
  },
};

async function demonstrate(
  peer: ChildProcess,
  screen: Screen,
  pcap: string | undefined,
  deadline: AbortSignal,
): Promise<void> {
  const { port, udpPort } = await listening(peer, deadline);
  const camera = new Camera();
  const startMs = performance.now();
  const association = await connect({
    host: loopback,
    port,
    remoteUdpPort: udpPort,
    transport: tap(new UdpTransport({ host: loopback, udpPort: 0 }), camera.see),
    pcap,
    signal: deadline,
  });
  const setUpMs = performance.now() - startMs;
  deadline.addEventListener('abort', () => association.abort());

  showAssociation(screen, association, { pid: peer.pid ?? 0, udpPort, setUpMs });
  const handshake = camera.take();
  screen.section('Handshake', handshake, { event: 'handshake', ladder: handshake });
  await showEcho(screen, association);
  await showGoodput(screen, association);

  camera.isOn = true;
  const closing = once(peer, 'exit', { signal: deadline });
  await association.close({ signal: deadline });
  const [exitCode] = await closing;
  const shutdown = camera.take();
  screen.section('Graceful shutdown', shutdown, { event: 'shutdown', ladder: shutdown, exitCode });
  if (exitCode !== 0) throw new Error(`the other process of the demo ended with exit code ${exitCode}`);
}

interface Surroundings {
  readonly pid: number;
  readonly udpPort: number;
  readonly setUpMs: number;
}

function showAssociation(screen: Screen, association: SctpAssociation, { pid, udpPort, setUpMs }: Surroundings): void {
  const { localPort, remotePort, inboundStreams, outboundStreams, state } = association;
  const rows = screen.table([
    ['this process', String(process.pid), `SCTP port ${localPort}`],
    ['its peer', String(pid), `SCTP port ${remotePort} in UDP port ${udpPort} on ${loopback}`],
    ['streams', `${outboundStreams} out, ${inboundStreams} in`, `${state} after ${setUpMs.toFixed(1)} ms`],
  ]);
  const record = { event: 'association', localPort, remotePort, udpPort, outboundStreams, inboundStreams, setUpMs };
  screen.section('SCTP association between two processes', rows, record);
}

async function showEcho(screen: Screen, association: SctpAssociation): Promise<void> {
  const startMs = performance.now();
  for (const { words, streamId, ppid } of greetings) await association.send(words, { streamId, ppid });
  const answers: { message: SctpMessage; elapsedMs: number }[] = [];
  for await (const message of association) {
    answers.push({ message, elapsedMs: performance.now() - startMs });
    if (answers.length === greetings.length) break;
  }
  const messages = answers.map(({ message: { data, streamId, ppid }, elapsedMs }) => {
    return { streamId, ppid, text: new TextDecoder().decode(data), elapsedMs };
  });
  const rows = messages.map(({ streamId, ppid, text, elapsedMs }) => {
    return [`stream ${streamId}`, `ppid ${ppid}`, `'${text}'`, `back after ${elapsedMs.toFixed(1)} ms`];
  });
  screen.section('Echo over several streams', screen.table(rows), { event: 'echo', messages });
}

async function showGoodput(screen: Screen, association: SctpAssociation): Promise<void> {
  const message = new Uint8Array(bulkMessageSize).fill(0x2a);
  const startMs = performance.now();
  while (performance.now() - startMs < bulkDurationMs) await association.send(message, { streamId: bulkStreamId });
  await association.send('end', { streamId: bulkStreamId, ppid: endOfBulkPpid });
  const { value: answer } = await association[Symbol.asyncIterator]().next();
  const seconds = (performance.now() - startMs) / 1000;
  const bytes = Number(new TextDecoder().decode(answer?.data));
  const megabytesPerSecond = bytes / seconds / 1e6;
  const { dataChunksSent, dataChunksRetransmitted } = association.metrics();
  const rows = screen.table([
    ['goodput', `${megabytesPerSecond.toFixed(1)} MB/s`, `${(megabytesPerSecond * 8).toFixed(0)} Mbit/s`],
    [
      'delivered',
      `${(bytes / 1e6).toFixed(1)} MB`,
      `in messages of ${bulkMessageSize / 1024} KiB, ${seconds.toFixed(2)} s`,
    ],
    ['DATA chunks', String(dataChunksSent), `${dataChunksRetransmitted} retransmitted`],
  ]);
  const record = { event: 'goodput', bytes, seconds, megabytesPerSecond, dataChunksSent, dataChunksRetransmitted };
  screen.section('Bulk transfer', rows, record);
}

/** Where the peer listens. */
interface Listening {
  readonly port: number;
  readonly udpPort: number;
}

/** Beside this file's folder, in whatever form this file itself runs. */
function startPeer(): ChildProcess {
  return fork(fileURLToPath(new URL(`../demo-peer${extname(import.meta.url)}`, import.meta.url)));
}

async function listening(peer: ChildProcess, signal: AbortSignal): Promise<Listening> {
  const exited = once(peer, 'exit', { signal }).then(([code]) => {
    throw new Error(`the other process of the demo could not start (exit code ${code})`);
  });
  // Its exit at the end of the demo is awaited elsewhere.
  exited.catch(() => {});
  const [where] = await Promise.race([once(peer, 'message', { signal }), exited]);
  return where;
}

/** Keeps the packets that pass while it is on. */
class Camera {
  isOn = true;
  #packets: CapturedPacket[] = [];

  readonly see: TapCallback = (_direction, packet, from, to) => {
    if (!this.isOn || from === undefined || to === undefined) return;
    this.#packets.push({ timeMs: performance.now(), from, to, packet: packet.slice(), truncated: false });
  };

  /** The ladder of what was kept; goes off. */
  take(): readonly string[] {
    this.isOn = false;
    const [conversation] = conversations(this.#packets.splice(0));
    return conversation === undefined ? [] : arrowDiagram(conversation);
  }
}
