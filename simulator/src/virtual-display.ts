import { type DisplayCharset, type DisplayCommands, displayScreen, listeners, type Wire } from "@portico/firmware-ts";

export interface VirtualDisplayOptions {
  /** The device's end of the line. */
  readonly wire: Wire;
  readonly commands: DisplayCommands;
  readonly charset: DisplayCharset;
}

/** A customer display as whoever stands before it sees it. */
export interface VirtualDisplay {
  /** Both lines, blanks at their ends left out. */
  readonly lines: readonly string[];
  /** Called whenever it shows something else. Returns the function that removes it. */
  onChange(listener: (lines: readonly string[]) => void): () => void;
  /** Off and on again: dark until it is told. */
  powerCycle(): void;
}

/** A display that obeys the real bytes. */
export function virtualDisplay({ wire, commands, charset }: VirtualDisplayOptions): VirtualDisplay {
  const screen = displayScreen(commands, charset);
  const changed = listeners<[readonly string[]]>();
  const linesNow = (): string[] => screen.lines.map((line) => line.trimEnd());
  let told = "";
  wire.onBytes((bytes) => {
    screen.push(bytes);
    const lines = linesNow();
    const now = lines.join("\n");
    if (now === told) return;
    told = now;
    changed.tell(lines);
  });
  return {
    get lines() {
      return linesNow();
    },
    onChange: changed.add,
    powerCycle() {
      screen.reset();
      told = linesNow().join("\n");
    },
  };
}
