// Reading the text form of an RFC: sections, paragraphs, sentences.

/** An older text leaves out the last full stop of a subsection's number. */
const heading = /^(?:(\d+(?:\.\d+)*(?=\.)|\d+(?:\.\d+)+)\.?|Appendix ([A-Z])\.)\s{1,2}\S/;
const subheadingOfAppendix = /^([A-Z]\.\d+)\.\s/;
const listMarker = /^\s+(?:\*|-|o|(?:\d+|[A-Z]|[A-Z]+\d+)\)|\([A-Z]\d+\)|[A-Z]\d+:)\s{1,4}(?=\S)/;
/** Can be the end of a sentence too, where the line before is not empty. */
const dottedMarker = /^\s+(?:[A-Za-z]|[ivx]+|\d+)\.\s{1,4}(?=\S)/;
const diagram = /\+-|-\+|^\s*[|/\\]|\|\s*$|-{5,}|={3,}/;
/** A full stop behind these ends no sentence. */
const abbreviation = /(?:\b(?:e\.g|i\.e|etc|vs|cf|No|Section|fig)\.|\b[A-Z]\.)$/;

/** Every sentence of an RFC with the number of its section, each on one line. */
export function sentencesOf(text) {
  return paragraphsOf(text).flatMap(({ section, text: paragraph }) =>
    splitSentences(paragraph).map((sentence) => ({ section, text: sentence })),
  );
}

/** Splits joined text at the ends of its sentences. */
export function splitSentences(text) {
  const sentences = [];
  let start = 0;
  for (const { 0: match, index } of text.matchAll(/[.!?]["')]*\s+(?=["'([]?[A-Z0-9])/g)) {
    if (abbreviation.test(text.slice(start, index + 1))) continue;
    sentences.push(text.slice(start, index + match.length).trim());
    start = index + match.length;
  }
  sentences.push(text.slice(start).trim());
  return sentences.filter((sentence) => sentence !== '');
}

function paragraphsOf(text) {
  const paragraphs = [];
  let section = '';
  let lines = [];
  const flush = () => {
    if (lines.length > 0 && section !== '') paragraphs.push(...parts(lines).map((part) => ({ section, text: part })));
    lines = [];
  };
  for (const line of text.replaceAll('\f', '').split('\n')) {
    const found = heading.exec(line) ?? subheadingOfAppendix.exec(line);
    if (found !== null) {
      flush();
      section = found[1] ?? found[2];
    } else if (line.trim() === '' || isPageBreak(line)) {
      flush();
    } else {
      if (listMarker.test(line)) flush();
      lines.push(line);
    }
  }
  flush();
  return paragraphs;
}

/** Header and footer lines of the older, paged form. */
function isPageBreak(line) {
  return /^(?:RFC \d+ .* \d{4}|\S.*\[Page \d+\])\s*$/.test(line);
}

/** A paragraph as one line; where a term hangs over its description, as two; a diagram as none. */
function parts(lines) {
  const prose = lines.filter((line) => !diagram.test(line));
  const [first, second] = prose;
  if (first === undefined || prose.length < lines.length / 2) return [];
  const bare = first.replace(listMarker, '').replace(dottedMarker, '');
  const isTerm = second !== undefined && bare === first && indentOf(second) > indentOf(first);
  return isTerm ? [joined([bare]), joined(prose.slice(1))] : [joined([bare, ...prose.slice(1)])];
}

function indentOf(line) {
  return line.length - line.trimStart().length;
}

/** A line that ends in a hyphen or a slash is joined to the next without a space. */
function joined(lines) {
  return lines
    .map((line) => line.trim())
    .join(' ')
    .replace(/([A-Za-z][-/]) (?=[A-Za-z])/g, '$1')
    .replace(/\s+/g, ' ');
}
