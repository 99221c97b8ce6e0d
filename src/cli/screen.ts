const bold = '\x1b[1m';
const dim = '\x1b[2m';
const reset = '\x1b[0m';

/** Writes a report on standard output: for people in sections, or one JSON object a line. */
export class Screen {
  readonly #json: boolean;
  readonly #hasColour: boolean = wantsColour();

  constructor(json: boolean) {
    this.#json = json;
  }

  /** A heading with lines below it; for programs `record` instead. */
  section(title: string, lines: readonly string[], record: Readonly<Record<string, unknown>>): void {
    const report = [`\n${this.#paint(bold, title)}`, ...lines.map((line) => `  ${line}`)];
    for (const line of this.#json ? [JSON.stringify(record)] : report) process.stdout.write(`${line}\n`);
  }

  /** Rows with their columns aligned, the first column in the background. */
  table(rows: readonly (readonly string[])[]): readonly string[] {
    const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
    return rows.map((row) => {
      const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
      return [this.#paint(dim, cells[0] ?? ''), ...cells.slice(1)].join('  ').trimEnd();
    });
  }

  #paint(style: string, text: string): string {
    return this.#hasColour ? `${style}${text}${reset}` : text;
  }
}

/** Colour is for a person at a terminal who has not said otherwise (https://no-color.org). */
function wantsColour(): boolean {
  const { NO_COLOR } = process.env;
  return process.stdout.isTTY && (NO_COLOR === undefined || NO_COLOR === '');
}
