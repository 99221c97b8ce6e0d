// How many associations a second can be set up? Two processes over UDP on the loopback interface; the connecting one has 16 under way
// at a time, and aborts each once it stands (TCP: a reset).
import { handshakeRate } from './harness/stacks.mjs';

const comeAndGo = (stack) => (options) => handshakeRate(stack, { ...options, concurrency: 16 });

export const questions = [
  {
    rows: [{ name: 'scale/handshakes', unit: 'associations/s' }],
    ours: comeAndGo('sctp-ts'),
    peers: {
      tcp: comeAndGo('tcp'),
      werift: comeAndGo('werift'),
      usrsctp: comeAndGo('usrsctp'),
      'usrsctp-o2': comeAndGo('usrsctp-o2'),
    },
  },
];
