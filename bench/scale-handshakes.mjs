// How many associations a second can be set up? Two processes over UDP on the loopback interface; the connecting one opens a socket
// for each, 16 at a time, and aborts it once it stands (TCP: a reset). usrsctp has one UDP socket for all of them.
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
