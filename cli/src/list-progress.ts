import type { Surroundings } from "./surroundings.ts";

/** One line of a terminal that shows that something goes on, and is gone when it is done. */
export interface Progress {
  /** It still goes on. */
  readonly goesOn: () => void;
  readonly end: () => void;
}

/** For whoever watches a terminal; a pipe sees nothing of it. @param what  is being done */
export function progressOf({ terminal, now }: Pick<Surroundings, "terminal" | "now">, what: string): Progress {
  const startedAt = now();
  let line = "";
  return {
    goesOn() {
      if (!terminal.isTty) return;
      line = `${what}: ${now() - startedAt} s`;
      terminal.err(`\r${line}`);
    },
    end() {
      if (line !== "") terminal.err(`\r${" ".repeat(line.length)}\r`);
      line = "";
    },
  };
}

/** The same for what is counted. */
export function countedProgress(
  { terminal }: Pick<Surroundings, "terminal">,
  what: string,
): { readonly at: (done: number, of: number) => void; readonly end: () => void } {
  let line = "";
  return {
    at(done, of) {
      if (!terminal.isTty) return;
      const next = `${what}: ${done} of ${of}`;
      terminal.err(`\r${next}${" ".repeat(Math.max(0, line.length - next.length))}`);
      line = next;
    },
    end() {
      if (line !== "") terminal.err(`\r${" ".repeat(line.length)}\r`);
      line = "";
    },
  };
}
