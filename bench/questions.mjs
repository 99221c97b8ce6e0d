// All questions, in the order in which they are asked.
import { questions as behindAHole } from './core-behind-a-hole.mjs';
import { questions as fragments } from './core-fragments.mjs';
import { questions as packet } from './core-packet.mjs';
import { questions as sackStorm } from './core-sack-storm.mjs';

export const questions = [...packet, ...behindAHole, ...sackStorm, ...fragments];
