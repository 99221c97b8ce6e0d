// Two processes of one stack on the loopback interface: one has `listening` roles, the other connects.
import { createSocket } from 'node:dgram';
import { startTask } from './processes.mjs';
import { startUsrsctp } from './usrsctp.mjs';

const roles = new URL('roles.mjs', import.meta.url);

/** Starts `role` of `stack`: a module of bench/peers, or a build of usrsctp. */
async function start(stack, role, options, cpuProfile) {
  if (stack.startsWith('usrsctp')) return await startUsrsctp(stack, role, options);
  return startTask(roles, role, { ...options, stack }, { cpuProfile });
}

async function withTwo(stack, listeningRole, connectingRole, { cpuProfile, ...options }, use) {
  const udpPorts = stack.startsWith('usrsctp') ? { udpPort: await freeUdpPort() } : {};
  const one = await start(stack, listeningRole, { ...options, ...udpPorts }, cpuProfile);
  let other;
  try {
    const port = await one.next('listening');
    if ('udpPort' in udpPorts) udpPorts.udpPort = await freeUdpPort();
    other = await start(stack, connectingRole, { ...options, ...udpPorts, port }, cpuProfile);
    return await use(one, other);
  } finally {
    await other?.stop();
    await one.stop();
  }
}

/** What arrives while one floods the other: messagesPerSecond, bytesPerSecond, and what the sender tells of itself. */
export function transfer(stack, options) {
  return withTwo(stack, 'sink', 'flood', options, async (sink, flood) => {
    // A sender that fails says why; the receiver would only wait.
    const result = await Promise.race([sink.next('result'), flood.next('never')]);
    return { ...result, sender: flood.latest('described') };
  });
}

/** [p50, p99] of an echo in nanoseconds. */
export function echoTimes(stack, options) {
  return withTwo(stack, 'echo', 'ping', options, async (_echo, ping) => {
    const { p50, p99 } = await ping.next('result');
    return [p50, p99];
  });
}

/** Associations set up a second. */
export function handshakeRate(stack, options) {
  return withTwo(stack, 'accept', 'comeAndGo', options, (_accept, comeAndGo) => comeAndGo.next('result'));
}

async function freeUdpPort() {
  const socket = createSocket('udp4');
  await new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', resolve);
  });
  const { port } = socket.address();
  await new Promise((resolve) => {
    socket.close(resolve);
  });
  return port;
}
