// What the two processes of a loopback benchmark do, for every stack that runs in Node.
//
// A stack is a module of bench/peers with `listen(options, onConnection)`, which resolves with { port }, and
// `connect(options, port)`, which resolves with a connection: `onMessage(handler)`, `send(data)`, `flood(data)` (sends as
// fast as it is let, for ever) and `close()` (at once).
import { Meter, quantile } from './meter.mjs';

const loadStack = (name) => import(`../peers/${name}.mjs`);

/** Receives, counts and throws away. */
export async function sink(options, emit) {
  const { listen } = await loadStack(options.stack);
  const meter = new Meter(options);
  let inspect = () => ({});
  const { port } = await listen(options, (connection) => {
    inspect = () => connection.describe?.() ?? {};
    connection.onMessage((data) => meter.add(data.length));
  });
  emit('listening', port);
  return { ...(await meter.result), ...inspect() };
}

export async function flood(options, emit) {
  const { connect } = await loadStack(options.stack);
  const connection = await connect(options, options.port);
  emit('connected', true);
  // Told from time to time: a path may be found to be wider later.
  if (connection.describe !== undefined) setInterval(() => emit('described', connection.describe()), 100);
  await connection.flood(Buffer.alloc(options.messageSize, 1));
}

/** Sends back what it gets. */
export async function echo(options, emit) {
  const { listen } = await loadStack(options.stack);
  const { port } = await listen(options, (connection) => connection.onMessage((data) => connection.send(data)));
  emit('listening', port);
}

/** One message at a time: the next goes out when the last has come back. In nanoseconds. */
export async function ping(options) {
  const { connect } = await loadStack(options.stack);
  const connection = await connect(options, options.port);
  const data = Buffer.alloc(options.messageSize, 1);
  const times = [];
  await new Promise((resolve) => {
    const warmUntil = performance.now() + options.warmUp * 1_000;
    const end = warmUntil + options.seconds * 1_000;
    let sentAt = performance.now();
    connection.onMessage(() => {
      const now = performance.now();
      if (now >= warmUntil) times.push(now - sentAt);
      if (now >= end) return resolve();
      sentAt = performance.now();
      connection.send(data);
    });
    connection.send(data);
  });
  return { p50: quantile(times, 0.5) * 1e6, p99: quantile(times, 0.99) * 1e6 };
}

/** Lets others come and go. */
export async function accept(options, emit) {
  const { listen } = await loadStack(options.stack);
  const { port } = await listen(options, () => {});
  emit('listening', port);
}

/** Sets up associations, `concurrency` at a time, and aborts each one that stands. How many a second. */
export async function comeAndGo(options) {
  const { connect } = await loadStack(options.stack);
  const begin = performance.now() + options.warmUp * 1_000;
  const end = begin + options.seconds * 1_000;
  let count = 0;
  const one = async () => {
    for (let now = 0; now < end; ) {
      const connection = await connect(options, options.port);
      now = performance.now();
      if (now >= begin && now < end) count++;
      await connection.close();
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, one));
  return count / options.seconds;
}
