import type { Writable } from "node:stream";

/** A stream that a program writes to for as long as it runs. */
export interface Output {
  write(text: string): void;
  /** What was lost since the stream last took something, in words; undefined where nothing was. */
  readonly loss: string | undefined;
}

/**
 * Text that the stream refuses, as a file on a full disk does, is lost: whoever writes goes on. A controller has doors to lock, whoever reads along.
 *
 * @param onGone   nobody reads any more (EPIPE)
 * @param onTaken  the stream takes text again, for the first time after a loss: what was lost, in words
 */
export function output(stream: Writable, onGone: () => void, onTaken: (loss: string) => void = () => {}): Output {
  let lost = 0;
  let trouble = "";
  const loss = (): string | undefined => (lost === 0 ? undefined : `output was lost: ${lost} ${lost === 1 ? "piece" : "pieces"} (${trouble})`);
  // Each failed write tells it twice: here, without saying which, and to the write itself.
  stream.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") onGone();
  });
  return {
    write(text) {
      stream.write(text, (error?: NodeJS.ErrnoException | null) => {
        if (error?.code === "EPIPE") return;
        if (error !== null && error !== undefined) {
          lost++;
          trouble = error.code ?? error.message;
          return;
        }
        const before = loss();
        lost = 0;
        if (before !== undefined) onTaken(before);
      });
    },
    get loss() {
      return loss();
    },
  };
}
