// How long does one small message take to another process and back? One in flight; the median and the 99th percentile of a run.
import { echoTimes } from './harness/stacks.mjs';

const messageSize = 64;
const echoes = (stack) => (options) => echoTimes(stack, { ...options, messageSize });

export const questions = [
  {
    rows: [
      { name: 'loopback/echo-latency/p50', unit: 'ns/echo' },
      { name: 'loopback/echo-latency/p99', unit: 'ns/echo' },
    ],
    limit: 'dgram',
    ours: echoes('sctp-ts'),
    peers: {
      dgram: echoes('dgram'),
      tcp: echoes('tcp'),
      usrsctp: echoes('usrsctp'),
      'usrsctp-o2': echoes('usrsctp-o2'),
      werift: echoes('werift'),
      sctp: echoes('sctp'),
    },
  },
];
