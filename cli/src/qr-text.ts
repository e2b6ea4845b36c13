import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { printable } from "./terminal.ts";

/** Clears the window and puts the cursor at its top left: the next code stands where the last one stood. ECMA-48 ED, CUP. */
export const CLEAR = "\u001b[2J\u001b[3J\u001b[H";

/**
 * A pass as a code for the terminal, black on white whatever the theme.
 *
 * @throws Failure 2 for what is no pass, and for a window that is too narrow
 */
export async function qrText({ terminal }: Pick<Surroundings, "terminal">, text: string): Promise<string> {
  const { qrMatrix, qrToText } = await import("@portico/card-protocol/phone");
  let matrix: ReturnType<typeof qrMatrix>;
  try {
    matrix = qrMatrix(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Failure(EXIT.usage, "this is not the text of a pass", printable(text.slice(0, 40)), "portico pass inspect says what stands in it");
  }
  if (terminal.isTty && terminal.columns < matrix.length)
    throw new Failure(
      EXIT.usage,
      `the code is ${matrix.length} columns wide`,
      `a window of ${terminal.columns}`,
      "widen the window or make its letters smaller",
    );
  return qrToText(matrix);
}
