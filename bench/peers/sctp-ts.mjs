// Ours: the built package, by its public Node API.
import { connect as connectSctp, listen as listenSctp } from '../../dist/index.js';

const sctpPort = 5_000;
const associationOptions = ({ association = {} }) => association;

class Connection {
  constructor(association) {
    this.association = association;
  }

  onMessage(handle) {
    this.association.on('message', ({ data }) => handle(data));
  }

  send(data) {
    void this.association.send(data);
  }

  get isDrained() {
    return this.association.bufferedAmount === 0;
  }

  async flood(data) {
    for (;;) await this.association.send(data);
  }

  describe() {
    const [{ pathMtu }] = this.association.paths;
    return { pathMtu };
  }

  async close() {
    this.association.abort();
    await this.association.closed;
  }
}

export async function listen(options, onConnection) {
  const endpoint = await listenSctp({
    port: sctpPort,
    host: '127.0.0.1',
    udpPort: 0,
    limits: { maxHandshakesPerSecond: 1e9, maxAssociations: 1e9 },
    ...associationOptions(options),
  });
  endpoint.on('association', (association) => {
    association.on('error', () => {});
    onConnection(new Connection(association));
  });
  return { port: endpoint.udpPort };
}

export async function connect(options, port) {
  const association = await connectSctp({
    host: '127.0.0.1',
    port: sctpPort,
    remoteUdpPort: port,
    localHost: '127.0.0.1',
    ...associationOptions(options),
  });
  association.on('error', () => {});
  return new Connection(association);
}
