// All questions, in the order in which they are asked.
import { questions as behindAHole } from './core-behind-a-hole.mjs';
import { questions as fragments } from './core-fragments.mjs';
import { questions as packet } from './core-packet.mjs';
import { questions as sackStorm } from './core-sack-storm.mjs';
import { questions as bulk } from './loopback-bulk.mjs';
import { questions as echo } from './loopback-echo.mjs';
import { questions as messages } from './loopback-messages.mjs';
import { questions as flat } from './scale-flat.mjs';
import { questions as handshakes } from './scale-handshakes.mjs';
import { questions as idle } from './scale-idle.mjs';
import { questions as unawaitedSends } from './scale-unawaited-sends.mjs';
import { questions as workers } from './scale-workers.mjs';

export const questions = [
  ...bulk,
  ...messages,
  ...echo,
  ...packet,
  ...behindAHole,
  ...sackStorm,
  ...fragments,
  ...handshakes,
  ...idle,
  ...flat,
  ...unawaitedSends,
  ...workers,
];
