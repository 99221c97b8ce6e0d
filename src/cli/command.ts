/** One word of the command line. */
export interface Command {
  /** What stands behind the name in the first line of the help. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** The rest of the help. */
  help(): string;
  /** Runs to the end. Throws UsageError for a wrong command line and SctpError for what failed. */
  run(args: readonly string[]): Promise<void>;
}
