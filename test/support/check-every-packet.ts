import { Endpoint } from '../../src/endpoint/endpoint.ts';
import { hex } from './hex.ts';
import { brokenRule } from './packet-rules.ts';

// Runs before each test file: no test can make an endpoint of ours send a packet that breaks the rules of all packets.
const { pollTransmit } = Endpoint.prototype;

Endpoint.prototype.pollTransmit = function (this: Endpoint, now) {
  const transmit = pollTransmit.call(this, now);
  const broken = transmit && brokenRule(transmit.packet);
  if (transmit !== undefined && broken !== undefined) {
    throw new Error(`an endpoint has sent a packet that it must not send: ${broken}\n${hex(transmit.packet)}`);
  }
  return transmit;
};
