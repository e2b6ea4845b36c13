import type { GpioCall } from "../core/gpio/gpio-tools.ts";

/** How a tool ended. */
export interface ToolEnd {
  /** It says that all went well. */
  readonly isGood: boolean;
  /** What it printed, as far as it was not told line by line; 64 KiB at most. */
  readonly output: string;
  /** What it complained of, or why it could not be started; empty where it did not. */
  readonly trouble: string;
}

/** What a running tool tells; never before {@link ToolRunner.start} has returned. */
export interface ToolEvents {
  /** A line that it printed. Absent: all that it prints stands in {@link ToolEnd.output}. */
  readonly line?: (text: string) => void;
  readonly ended: (end: ToolEnd) => void;
}

/** A tool that was started. */
export interface RunningTool {
  /** Asks it to end: it ends soon, and says so. Harmless when it has ended. */
  end(): void;
  /** Has it ended without being asked. */
  kill(): void;
}

/** Starts the tools of libgpiod. */
export interface ToolRunner {
  /**
   * Starts a tool, which does not outlive this program: when this program dies, however it does, the tool ends too. Never throws; what cannot be started ends
   * with its trouble.
   */
  start(call: GpioCall, events: ToolEvents): RunningTool;
}
