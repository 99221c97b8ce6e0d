import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type ConnectOptions,
  connect,
  type ListenOptions,
  listen,
  type SctpAssociation,
  type SctpEndpoint,
} from '../../../src/index.ts';
import { badPackets, chunkTypes, hasTshark } from '../tshark.ts';
import { Guest } from './guest.ts';
import { KernelPeer, type PeerOptions } from './kernel-peer.ts';
import { kernelIpv4, links, openNetwork, ourIpv4, setRules, udpPort } from './network.ts';

/** The SCTP port of every server here. */
export const sctpPort = 5001;

/** Why these tests cannot run, from scripts/interop.mjs, which makes the namespace that they need. */
const reason = process.env['NO_LINUX_GUEST'] ?? 'they need the network namespace that `npm run test:interop` makes';

/** Tests that share a guest, which no others have. */
export function describeWithKernel(
  name: string,
  define: (setting: KernelSetting) => void,
  { isCaptured = true }: { readonly isCaptured?: boolean } = {},
): void {
  const setting = new KernelSetting();
  const title = reason === '' ? name : `${name} (skipped: ${reason})`;
  describe.skipIf(reason !== '')(title, { timeout: 60_000 }, () => {
    beforeAll(() => setting.open(isCaptured), 90_000);
    afterEach(() => setting.clean());
    afterAll(() => setting.close());
    define(setting);
    if (isCaptured && hasTshark) {
      it('every packet of all this was well-formed, with a right checksum', async () => {
        expect(await setting.capturedDefects()).toEqual([]);
      });
    }
  });
}

/** The guest on one side, us on the other, and what is between. */
export class KernelSetting {
  readonly #cleanups: (() => unknown)[] = [];
  #guest: Guest | undefined;
  #capture: { readonly folder: string; readonly file: string; readonly process: ChildProcess } | undefined;

  get guest(): Guest {
    if (this.#guest === undefined) throw new Error('there is no guest');
    return this.#guest;
  }

  async open(isCaptured: boolean): Promise<void> {
    openNetwork();
    setRules();
    if (isCaptured && hasTshark) await this.#startCapture();
    this.#guest = await Guest.boot();
  }

  /** Ends what the test has started, and makes the network good again. */
  async clean(): Promise<void> {
    setRules();
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }

  async close(): Promise<void> {
    await this.#guest?.stop();
    await this.#stopCapture();
    if (this.#capture !== undefined) await rm(this.#capture.folder, { recursive: true });
  }

  onClean(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  /** Starts a kernel peer that listens. */
  async kernelListens(options: PeerOptions = {}): Promise<KernelPeer> {
    const peer = this.#start(`listen ${sctpPort}`, options);
    await peer.event('listening');
    return peer;
  }

  /** Starts a kernel peer that connects to us. */
  kernelConnects(host: string = ourIpv4[0]!, options: PeerOptions = {}): KernelPeer {
    return this.#start(`connect ${sctpPort} ${host}`, options);
  }

  /** Connects us to the kernel; both sides have two addresses. */
  async connect(options: Partial<ConnectOptions> = {}): Promise<SctpAssociation> {
    const association = await connect({ host: kernelIpv4[0]!, port: sctpPort, localHost: ourIpv4, ...options });
    this.onClean(() => association.abort());
    return association;
  }

  async listen(options: Partial<ListenOptions> = {}): Promise<SctpEndpoint> {
    const endpoint = await listen({ port: sctpPort, host: ourIpv4, ...options });
    this.onClean(() => endpoint.abort());
    return endpoint;
  }

  /** What tshark finds wrong in all that went over the links so far. */
  async capturedDefects(): Promise<string[]> {
    await this.#stopCapture();
    if (this.#capture === undefined) return ['nothing was captured'];
    const { file } = this.#capture;
    if ((await chunkTypes(file, udpPort)).length === 0) return ['there is no packet'];
    return badPackets(file, udpPort);
  }

  #start(role: string, options: PeerOptions): KernelPeer {
    const peer = new KernelPeer(this.guest, role, options);
    this.onClean(() => peer.kill());
    return peer;
  }

  async #startCapture(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'sctp-ts-'));
    const file = join(folder, 'capture.pcapng');
    const taps = links.flatMap(({ tap }) => ['-i', tap]);
    const process = spawn('dumpcap', [...taps, '-q', '-B', '32', '-w', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    // It names its file when it has begun.
    await new Promise<void>((resolve, reject) => {
      process.on('error', reject);
      process.stderr!.on('data', (text) => {
        if (String(text).includes('File:')) resolve();
      });
    });
    this.#capture = { folder, file, process };
  }

  async #stopCapture(): Promise<void> {
    const process = this.#capture?.process;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const exited = once(process, 'exit');
    process.kill('SIGINT');
    await exited;
  }
}
