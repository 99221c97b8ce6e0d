// All questions, in the order in which they are asked.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const files = [
  './loopback-bulk.mjs',
  './loopback-messages.mjs',
  './loopback-echo.mjs',
  './core-packet.mjs',
  './core-behind-a-hole.mjs',
  './core-sack-storm.mjs',
  './core-fragments.mjs',
  './scale-handshakes.mjs',
  './scale-idle.mjs',
  './scale-flat.mjs',
  './scale-unawaited-sends.mjs',
  './scale-workers.mjs',
];

const modules = await Promise.all(files.map((file) => import(file)));

export const questions = modules.flatMap(({ questions }) => questions);

/**
 * The same questions of another checkout, which has these files: a function that finds one by the name of its first row. One that
 * needs what that checkout's library does not have throws when it is asked for.
 */
export async function questionsIn(folder) {
  const found = await Promise.allSettled(files.map((file) => import(pathToFileURL(join(folder, file)).href)));
  return (name) => {
    for (const [index, { questions }] of modules.entries()) {
      const position = questions.findIndex(({ rows }) => rows[0].name === name);
      if (position === -1) continue;
      const { reason, value } = found[index];
      if (value === undefined) throw reason;
      return value.questions[position];
    }
    throw new Error(`there is no row '${name}'`);
  };
}
