// Finds the quotations of RFCs in TypeScript: `// §6.2: "the receiver MUST immediately send back a SACK chunk"`.
import { splitSentences } from './rfc-text.mjs';

const reference = /RFC (\d+)|(draft-[a-z0-9-]+)|§([0-9A-Z]+(?:\.[0-9]+)*)|"([^"]+)"/g;
const keyWord = /\b(?:MUST|SHALL|SHOULD|REQUIRED|RECOMMENDED)\b/;

/** Letters and digits only, in lower case, so that line breaks, quotation marks and capitals do not matter. */
export function normalized(text) {
  return ` ${text
    .toLowerCase()
    .replace(/['’‘"“”]/g, '')
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()} `;
}

/** The parts of a quotation between its omissions. */
export function partsOf(quotation) {
  return quotation
    .split(/\[…\]|\[\.\.\.\]|…/)
    .map(normalized)
    .filter((part) => part !== '  ');
}

/** Whether the parts stand in `text` (normalized) one after the other. */
export function contains(text, parts) {
  let from = 0;
  for (const part of parts) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length - 1;
  }
  return parts.length > 0;
}

/**
 * Every sentence that a file quotes, with the RFC and the sections that are named beside it.
 *
 * @param options.strings whether names of tests count, too
 * @param options.rfc, options.section what is meant where nothing is named
 */
export function quotationsIn(source, { strings, rfc, section }) {
  const quotations = [];
  const defaultRfc = rfc ?? usualRfc(source);
  let surrounding = section === undefined ? [] : [{ rfc: defaultRfc, section }];
  for (const { kind, text, isDescription } of piecesOf(source)) {
    if (kind === 'string' && !strings) continue;
    let currentRfc = defaultRfc;
    let hasSection = false;
    const sections = [];
    const found = [];
    for (const [, number, draft, at, quoted] of text.matchAll(reference)) {
      if (number !== undefined || draft !== undefined) {
        currentRfc = number ?? draft;
        hasSection = false;
      } else if (at !== undefined) {
        hasSection = true;
        sections.push({ rfc: currentRfc, section: at });
      } else {
        for (const sentence of splitSentences(quoted)) {
          if (isLongEnough(sentence)) found.push({ rfc: currentRfc, sentence, hasSection });
        }
      }
    }
    if (isDescription && sections.length > 0) surrounding = sections;
    const named = sections.length > 0 ? sections : surrounding;
    for (const each of found) {
      quotations.push({ ...each, sections: named.filter((at) => at.rfc === each.rfc).map((at) => at.section) });
    }
  }
  return quotations;
}

function isLongEnough(sentence) {
  const words = normalized(sentence).trim().split(' ').length;
  return words >= 4 || (words >= 3 && hasKeyWord(sentence));
}

export function hasKeyWord(sentence) {
  return keyWord.test(sentence);
}

/** What a bare § means: RFC 9260 in every file that names it, else the RFC that is named most. */
function usualRfc(source) {
  const counts = new Map();
  for (const [, number] of source.matchAll(/RFC (\d+)/g)) counts.set(number, (counts.get(number) ?? 0) + 1);
  if (counts.size === 0 || counts.has('9260')) return '9260';
  return [...counts].reduce((most, each) => (each[1] > most[1] ? each : most))[0];
}

/** Comments (line comments that follow each other as one) and string literals, in their order. */
function piecesOf(source) {
  const pieces = [];
  let lastLineCommentEnd = -1;
  const token =
    /\/\/([^\n]*)|\/\*([\s\S]*?)\*\/|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`|"((?:[^"\\\n]|\\.)*)"|(?<=[(,=:[!&|?{};]\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//g;
  for (const match of source.matchAll(token)) {
    const [all, line, block, single, template, double] = match;
    if (line !== undefined) {
      const isContinued = lastLineCommentEnd >= 0 && /^\n[ \t]*$/.test(source.slice(lastLineCommentEnd, match.index));
      if (isContinued) pieces.at(-1).text += ` ${line.trim()}`;
      else pieces.push({ kind: 'comment', text: line.trim() });
      lastLineCommentEnd = match.index + all.length;
      continue;
    }
    lastLineCommentEnd = -1;
    if (block !== undefined) pieces.push({ kind: 'comment', text: block.replace(/\s*\n\s*\*?\s?/g, ' ').trim() });
    const literal = single ?? template ?? double;
    if (literal === undefined) continue;
    const isDescription = /\bdescribe(?:\.\w+)*\(\s*$/.test(source.slice(Math.max(0, match.index - 40), match.index));
    pieces.push({ kind: 'string', text: literal.replace(/\\(.)/g, '$1'), isDescription });
  }
  return pieces;
}
