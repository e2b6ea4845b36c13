import type { GpioCall } from "@portico/firmware-ts/gpio";

/** Of the tools: Debian 12 and Debian 13. */
export type GpioVersion = "1.6.3" | "2.2.1";

/** A call of a tool, as that version understands it. */
export interface GpioCommand {
  readonly tool: GpioCall["tool"];
  /** Why it is not carried out, in the tool's words. */
  readonly mistake: string | undefined;
  readonly chip: string;
  readonly offsets: readonly number[];
  /** Of gpioset: 0 or 1 for each line. */
  readonly values: readonly number[];
  readonly consumer: string;
  readonly isActiveLow: boolean;
  readonly format: string;
  /** It ends by itself after so long; undefined: when it is ended. */
  readonly endsAfterMs: number | undefined;
  /** Before it ends it drives the other level. */
  readonly toggles: boolean;
}

/** Long options of each tool; those with `=` take a value. Source: what `--help` of libgpiod 1.6.3 and 2.2.1 prints. */
const OPTIONS: Readonly<Record<GpioVersion, Readonly<Record<GpioCall["tool"], readonly string[]>>>> = {
  "1.6.3": {
    gpiodetect: ["help", "version"],
    gpioinfo: ["help", "version"],
    gpioget: ["help", "version", "active-low", "bias="],
    gpioset: ["help", "version", "active-low", "bias=", "drive=", "mode=", "sec=", "usec=", "background"],
    gpiomon: ["help", "version", "active-low", "bias=", "num-events=", "silent", "rising-edge", "falling-edge", "line-buffered", "format="],
  },
  "2.2.1": {
    gpiodetect: ["help", "version"],
    gpioinfo: ["by-name", "chip=", "help", "strict", "unquoted", "version"],
    gpioget: ["as-is", "bias=", "by-name", "chip=", "consumer=", "help", "active-low", "hold-period=", "numeric", "strict", "unquoted", "version"],
    gpioset: ["banner", "bias=", "by-name", "chip=", "consumer=", "drive=", "help", "active-low", "hold-period=", "strict", "toggle=", "unquoted", "version", "daemonize"], // prettier-ignore
    gpiomon: ["banner", "bias=", "by-name", "chip=", "consumer=", "edges=", "event-clock=", "help", "format=", "idle-timeout=", "active-low", "localtime", "num-events=", "debounce-period=", "quiet", "strict", "unquoted", "utc", "version"], // prettier-ignore
  },
};
const BIASES: Readonly<Record<GpioVersion, readonly string[]>> = {
  "1.6.3": ["as-is", "disable", "pull-down", "pull-up"],
  "2.2.1": ["pull-down", "pull-up", "disabled"],
};

/** Reads a call as strictly as the tools do: an option that this version has not is a mistake. */
export function gpioCommand(version: GpioVersion, { tool, args }: GpioCall): GpioCommand {
  const own = OPTIONS[version][tool];
  const options = new Map<string, string>();
  const words: string[] = [];
  let mistake: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    const [, name, value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) words.push(word);
    else if (own.includes(name) && value === undefined) options.set(name, "");
    else if (own.includes(`${name}=`)) options.set(name, value ?? args[++at] ?? "");
    else mistake ??= `unrecognized option '${word}'`;
  }
  const bias = options.get("bias");
  if (bias !== undefined && !BIASES[version].includes(bias)) mistake ??= `invalid bias: ${bias}`;
  const chip = version === "1.6.3" ? (words.shift() ?? "") : (options.get("chip") ?? "");
  const pairs = words.map((word) => /^(\d+)(?:=([01]))?$/.exec(word));
  const takesLines = tool === "gpioset" || tool === "gpioget" || tool === "gpiomon";
  if (takesLines && (pairs.length === 0 || pairs.some((pair) => pair === null || (pair[2] === undefined) === (tool === "gpioset")))) mistake ??= "invalid line";
  const toggle = /^(\d+)ms,0$/.exec(options.get("toggle") ?? "");
  if (options.has("toggle") && toggle === null) mistake ??= `invalid period: ${options.get("toggle")!}`;
  const mode = options.get("mode") ?? "exit";
  return {
    tool,
    mistake,
    chip,
    offsets: takesLines ? pairs.map((pair) => Number(pair?.[1])) : [],
    values: tool === "gpioset" ? pairs.map((pair) => Number(pair?.[2])) : [],
    consumer: options.get("consumer") ?? tool,
    isActiveLow: options.has("active-low"),
    format: options.get("format") ?? "%o %e",
    endsAfterMs: endOf(version, tool, mode, options, toggle?.[1]),
    toggles: toggle !== null,
  };
}

function endOf(
  version: GpioVersion,
  tool: GpioCall["tool"],
  mode: string,
  options: ReadonlyMap<string, string>,
  toggleMs: string | undefined,
): number | undefined {
  if (tool !== "gpioset") return undefined;
  if (version === "2.2.1") return toggleMs === undefined ? undefined : Number(toggleMs);
  if (mode === "time") return Number(options.get("sec") ?? 0) * 1000 + Number(options.get("usec") ?? 0) / 1000;
  // Set, and gone at once: the line is nobody's again.
  return mode === "exit" ? 0 : undefined;
}
