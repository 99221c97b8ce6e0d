// How many small messages a second go from one process to another? TCP has none: plain writes of as many bytes, counted in bytes.
import { transfer } from './harness/stacks.mjs';

const messageSize = 100;

function messages(stack) {
  return async (options) => {
    const { bytesPerSecond } = await transfer(stack, { ...options, messageSize, pathMtu: 1_500 });
    // What arrives may be several of them in one piece, where a stack hands over a stream of bytes.
    return bytesPerSecond / messageSize;
  };
}

export const questions = [
  {
    rows: [{ name: 'loopback/messages-100', unit: 'messages/s' }],
    ours: messages('sctp-ts'),
    peers: {
      usrsctp: messages('usrsctp'),
      'usrsctp-o2': messages('usrsctp-o2'),
      werift: messages('werift'),
      sctp: messages('sctp'),
      tcp: messages('tcp'),
    },
  },
];
