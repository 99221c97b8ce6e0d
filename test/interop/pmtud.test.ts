import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const program = `${dist}cli/main.js`;

const prefix = 'sctp-ts-pmtud-';
const hosts = ['a', 'r1', 'r2', 'z'] as const;
type HostName = (typeof hosts)[number];

/**
 * a, two routers, z. a's and z's own links keep their MTU of 1500, the one between the routers changes. Routers send ICMP
 * errors from an address to which a and z have no way back: so they drop them (rp_filter).
 */
const network: readonly string[] = [
  'link add a-r1 netns {a} type veth peer name r1-a netns {r1}',
  'link add r1-r2 netns {r1} type veth peer name r2-r1 netns {r2}',
  'link add r2-z netns {r2} type veth peer name z-r2 netns {z}',
  ...hosts.map((host) => `-n {${host}} link set lo up`),
  ...addressed('a', 'a-r1', '10.77.1.1/24'),
  ...addressed('r1', 'r1-a', '10.77.1.254/24'),
  ...addressed('r1', 'r1-r2', '10.77.3.1/24'),
  ...addressed('r2', 'r2-r1', '10.77.3.2/24'),
  ...addressed('r2', 'r2-z', '10.77.2.254/24'),
  ...addressed('z', 'z-r2', '10.77.2.1/24'),
  '-n {a} route add default via 10.77.1.254',
  '-n {z} route add default via 10.77.2.254',
  '-n {r1} route add 10.77.2.0/24 via 10.77.3.2',
  '-n {r2} route add 10.77.1.0/24 via 10.77.3.1',
  '-n {r1} address add 10.99.1.1/32 dev lo',
  '-n {r2} address add 10.99.2.1/32 dev lo',
  '-n {r1} route replace 10.77.1.0/24 dev r1-a src 10.99.1.1',
  '-n {r2} route replace 10.77.2.0/24 dev r2-z src 10.99.2.1',
  '-n {a} route add blackhole 10.99.0.0/16',
  '-n {z} route add blackhole 10.99.0.0/16',
];

function addressed(host: HostName, link: string, ...addresses: readonly string[]): string[] {
  return [
    ...addresses.map((address) => `-n {${host}} address add ${address} dev ${link}`),
    `-n {${host}} link set ${link} up`,
  ];
}

function ip(command: string): string {
  const named = command.replace(/\{(\w+)\}/g, (_, host) => prefix + host);
  return execFileSync('ip', named.split(' '), { encoding: 'utf8', stdio: 'pipe' });
}

function inside(host: HostName, ...command: readonly string[]): string[] {
  return ['netns', 'exec', prefix + host, ...command];
}

function removeNetwork(): void {
  for (const host of hosts) spawnSync('ip', ['netns', 'delete', prefix + host]);
}

function canBuild(): boolean {
  const isThere = spawnSync('ip', ['netns', 'add', `${prefix}probe`]).status === 0;
  if (isThere) spawnSync('ip', ['netns', 'delete', `${prefix}probe`]);
  return isThere;
}

/** Sends numbered messages to an echo, as many as a line of its input says, and tells what comes back, and of path MTUs. */
const client = `
  import { createInterface } from 'node:readline';
  import { connect } from '${pathToFileURL(`${dist}index.js`).href}';
  const association = await connect({ host: '10.77.2.1', port: 7000, localHost: '10.77.1.1', udpPort: 9899 });
  const tell = (event) => console.log(JSON.stringify(event));
  const tellMtu = () => tell({ pathMtu: association.paths[0].pathMtu });
  association.on('pathChange', (path, reason) => reason.includes('MTU') && tellMtu());
  tellMtu();
  let sent = 0, received = 0, wrong = 0;
  createInterface({ input: process.stdin }).on('line', async (line) => {
    for (let i = 0; i < Number(line); i++) await association.send(new Uint8Array(20_000).fill(++sent));
  });
  for await (const { data } of association) {
    received++;
    if (data.length !== 20_000 || data.some((byte) => byte !== (received & 0xff))) wrong++;
    if (received === sent) tell({ received, wrong });
  }
`;

const isPossible = process.platform === 'linux' && canBuild();
if (!isPossible) console.warn('skipped: path MTU discovery in network namespaces needs Linux, root and iproute2');

describe.skipIf(!isPossible)('path MTU discovery through routers that tell nothing', () => {
  const children: ChildProcess[] = [];
  beforeAll(() => {
    removeNetwork();
    for (const host of hosts) ip(`netns add {${host}}`);
    for (const command of network) ip(command);
    for (const host of ['a', 'z'] as const) {
      execFileSync('ip', inside(host, 'sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=1'));
    }
    for (const host of ['r1', 'r2'] as const)
      execFileSync('ip', inside(host, 'sysctl', '-qw', 'net.ipv4.ip_forward=1'));
  });
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    removeNetwork();
  });

  function start(host: HostName, ...options: readonly string[]) {
    const child = spawn('ip', inside(host, process.execPath, ...options), { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  }

  function setMtu(mtu: number): void {
    ip(`-n {r1} link set r1-r2 mtu ${mtu}`);
    ip(`-n {r2} link set r2-r1 mtu ${mtu}`);
  }

  it('finds the MTU, and survives a smaller one without loss', { timeout: 60_000 }, async () => {
    const server = start('z', program, 'listen', '7000', '--host', '10.77.2.1', '--echo', '--json');
    await server.lines.next();
    const { child, lines } = start('a', '--input-type=module', '--eval', client);
    const mtus: number[] = [];
    const received = async (): Promise<{ received: number; wrong: number }> => {
      for (;;) {
        const { value } = await lines.next();
        if (value === undefined) throw new Error('the client has ended');
        const event = JSON.parse(value);
        if ('pathMtu' in event) mtus.push(event.pathMtu);
        else return event;
      }
    };
    const send = (count: number) => child.stdin.write(`${count}\n`);

    send(50);
    expect(await received()).toEqual({ received: 50, wrong: 0 });
    expect(mtus.at(-1)).toBe(1_500);

    // In the middle of a transfer in both directions
    send(400);
    setMtu(1_300);
    send(100);
    for (let total = 0; total < 550; ) {
      const { received: count, wrong } = await received();
      expect(wrong).toBe(0);
      total = count;
    }
    expect(mtus).toContain(1_228);
    expect(ip('-n {a} route get 10.77.2.1')).not.toContain('mtu');
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
});
