import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, type SctpAssociation } from '../../src/index.ts';
import { Nat } from '../support/nat.ts';
import { freeUdpPort } from '../support/udp-port.ts';

/** A Node.js that lets sockets share a port: this one, or version 24 from npm; undefined where there is none. */
function findNode(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (process.platform !== 'linux') return undefined;
  if (major > 23 || (major === 23 && minor >= 1)) return process.execPath;
  try {
    return execFileSync('npx', ['-y', 'node@24', '-p', 'process.execPath'], {
      encoding: 'utf8',
      timeout: 60_000,
    }).trim();
  } catch {
    return undefined;
  }
}

const node = findNode();
const clientCount = 8;

interface Client {
  readonly nat: Nat;
  readonly association: SctpAssociation;
}

/** An example, its port, and the lines that it has printed. */
async function start(example: string, listening: RegExp) {
  const udpPort = await freeUdpPort();
  const file = fileURLToPath(new URL(`../../examples/${example}`, import.meta.url));
  const child: ChildProcess = spawn(node!, [file, '2', '9999', String(udpPort)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;
  await expect.poll(() => count(listening), { timeout: 20_000 }).toBe(2);
  return { udpPort, child, lines, count };
}

async function connectAll(udpPort: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let n = 0; n < clientCount; n++) {
    const nat = await Nat.open(udpPort);
    const association = await connect({ host: '127.0.0.1', port: 9999, remoteUdpPort: nat.udpPort });
    onTestFinished(() => association.abort());
    clients.push({ nat, association });
  }
  return clients;
}

async function echo({ association }: Client, text: string): Promise<string> {
  await association.send(text);
  for await (const { data } of association) return Buffer.from(data).toString();
  return 'nothing more comes';
}

async function closeAll(clients: readonly Client[], child: ChildProcess): Promise<void> {
  for (const { association } of clients) await association.close();
  // A NAT closes with the test: the server has to have heard of the end before.
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
}

describe.skipIf(node === undefined)('workers on one port', () => {
  it.each([
    ['threads.mjs', /^thread \d of 2 listens/, /^thread \d has /],
    ['cluster.mjs', /^worker \d of 2 .*listens/, /^worker \d has /],
  ])('%s keeps associations whose ports change', async (example, listening, accepted) => {
    const { udpPort, child, count } = await start(example, listening);
    const clients = await connectAll(udpPort);
    for (let round = 0; round < 4; round++) {
      const texts = clients.map((_, n) => `${round}, ${n}, `.repeat(1_000));
      expect(await Promise.all(clients.map((client, n) => echo(client, texts[n]!)))).toEqual(texts);
      for (const { nat } of clients) await nat.rebind();
    }
    expect(count(accepted)).toBe(clientCount);
    await closeAll(clients, child);
  });

  it('cluster.mjs replaces a worker that dies: its peers are told, those of the other stay', async () => {
    const { udpPort, child, lines, count } = await start('cluster.mjs', /^worker \d of 2 .*listens/);
    const clients = await connectAll(udpPort);
    await expect.poll(() => count(/^worker \d has 127/)).toBe(clientCount);
    const owners = clients.map(({ nat }) => {
      const line = lines.find((each) => each.includes(' has 127') && each.endsWith(` ${nat.outerUdpPort}`));
      return line?.[7];
    });
    const victim = owners[0]!;
    const pid = lines.flatMap((line) => new RegExp(`^worker ${victim} .*process (\\d+)`).exec(line)?.[1] ?? [])[0];
    process.kill(Number(pid), 'SIGKILL');
    await expect.poll(() => count(/listens/), { timeout: 20_000 }).toBe(3);

    const outcomes = clients.map((client, n) =>
      echo(client, `${n}`).catch(({ code }: { readonly code: string }) => code),
    );
    const ofTheDead = clients.filter((_, n) => owners[n] === victim);
    for (const { association } of ofTheDead) await association.closed;
    const expected = owners.map((owner, n) => (owner === victim ? 'SCTP_ERR_ABORTED_BY_PEER' : `${n}`));
    expect(await Promise.all(outcomes)).toEqual(expected);
    await closeAll(
      clients.filter((_, n) => owners[n] !== victim),
      child,
    );
  });
});
