/** Which libgpiod the tools are of: their options and what they print differ. Debian 12 has 1.6, Debian 13 has 2.2. */
export type GpioDialect = 1 | 2;

/** How a contact pulls its line: to ground against a pull-up, or to the supply against a pull-down. */
export const GPIO_BIASES = ["pull-up", "pull-down"] as const;
export type GpioBias = (typeof GPIO_BIASES)[number];

/** One call of a tool. */
export interface GpioCall {
  readonly tool: "gpiodetect" | "gpioinfo" | "gpioset" | "gpioget" | "gpiomon";
  readonly args: readonly string[];
}

/** A line as the kernel tells of it. */
export interface GpioLine {
  readonly offset: number;
  /** Undefined: it has none. */
  readonly name: string | undefined;
  /** Who has it; undefined: nobody. */
  readonly consumer: string | undefined;
  readonly isOutput: boolean;
}

/** What is driven, and for how long at most. */
export interface GpioDrive {
  readonly chip: string;
  readonly offset: number;
  readonly isActive: boolean;
  /** Active is low. */
  readonly activeLow: boolean;
  /** The tool itself lets go after so many milliseconds; undefined: when it is ended. */
  readonly limitMs?: number | undefined;
}

/** What the contacts of a chip are read with. */
export interface GpioContacts {
  readonly chip: string;
  readonly offsets: readonly number[];
  readonly bias: GpioBias;
}

/** Our name where the tools take one: those of version 1 are known by their own. */
const CONSUMER = "portico";
/** Shorter than any contact rests; only version 2 can. */
const DEBOUNCE = "5ms";

/** Asks for the version. */
export const versionCall: GpioCall = { tool: "gpiodetect", args: ["--version"] };

/** @returns undefined where the text is of no version that is known */
export function dialectOf(text: string): { readonly dialect: GpioDialect; readonly version: string } | undefined {
  const version = /\(libgpiod\) v(\d+(?:\.\d+)*)/.exec(text)?.[1];
  const major = Number(version?.split(".")[0]);
  return version !== undefined && (major === 1 || major === 2) ? { dialect: major, version } : undefined;
}

/** Asks for every line of a chip. */
export const linesCall = (dialect: GpioDialect, chip: string): GpioCall => ({ tool: "gpioinfo", args: dialect === 1 ? [chip] : ["--chip", chip] });

/** Drives a line until the tool ends. Then the kernel decides what becomes of it. */
export function driveCall(dialect: GpioDialect, { chip, offset, isActive, activeLow, limitMs }: GpioDrive): GpioCall {
  const value = `${offset}=${isActive ? 1 : 0}`;
  const polarity = activeLow ? ["--active-low"] : [];
  if (dialect === 1) {
    const until =
      limitMs === undefined ? ["--mode=signal"] : ["--mode=time", `--sec=${Math.floor(limitMs / 1000)}`, `--usec=${Math.ceil(limitMs % 1000) * 1000}`];
    return { tool: "gpioset", args: [...until, ...polarity, chip, value] };
  }
  // The last period of 0 has it end; before that it drives the other level once.
  const until = limitMs === undefined ? [] : ["--toggle", `${Math.ceil(limitMs)}ms,0`];
  return { tool: "gpioset", args: ["--consumer", CONSUMER, ...until, ...polarity, "--chip", chip, value] };
}

/** Reads contacts once. */
export function readCall(dialect: GpioDialect, contacts: GpioContacts): GpioCall {
  const shared = [...polarityOf(contacts), `--bias=${contacts.bias}`];
  const offsets = contacts.offsets.map(String);
  if (dialect === 1) return { tool: "gpioget", args: [...shared, contacts.chip, ...offsets] };
  return { tool: "gpioget", args: ["--numeric", "--consumer", CONSUMER, ...shared, "--chip", contacts.chip, ...offsets] };
}

/** Tells every edge of contacts until it is ended. */
export function watchCall(dialect: GpioDialect, contacts: GpioContacts): GpioCall {
  const shared = [...polarityOf(contacts), `--bias=${contacts.bias}`, "--format=%o %e"];
  const offsets = contacts.offsets.map(String);
  if (dialect === 1) return { tool: "gpiomon", args: ["--line-buffered", ...shared, contacts.chip, ...offsets] };
  return { tool: "gpiomon", args: ["--consumer", CONSUMER, ...shared, `--debounce-period=${DEBOUNCE}`, "--chip", contacts.chip, ...offsets] };
}

/** A contact that pulls its line to ground is closed while the line is low. */
const polarityOf = ({ bias }: GpioContacts): string[] => (bias === "pull-up" ? ["--active-low"] : []);

const RISING = 1;
const FALLING: Readonly<Record<GpioDialect, number>> = { 1: 0, 2: 2 };

/** @returns undefined for a line that is no edge */
export function readEdge(dialect: GpioDialect, text: string): { readonly offset: number; readonly closed: boolean } | undefined {
  const [, offset, event] = /^(\d{1,6}) (\d)$/.exec(text.trim()) ?? [];
  if (offset === undefined) return undefined;
  if (Number(event) === RISING) return { offset: Number(offset), closed: true };
  return Number(event) === FALLING[dialect] ? { offset: Number(offset), closed: false } : undefined;
}

/** @returns undefined where these are not the values of so many lines */
export function readValues(text: string, count: number): boolean[] | undefined {
  const words = text.trim().split(/\s+/);
  return words.length === count && words.every((word) => word === "0" || word === "1") ? words.map((word) => word === "1") : undefined;
}

/** The lines of a chip, as `gpioinfo` prints them. What is no line of a chip is left out. */
export function readLines(text: string): GpioLine[] {
  return text.split("\n").flatMap((row) => {
    const [, offset, named, rest = ""] = /^\s+line\s+(\d{1,6}):\s+(?:"([^"]*)"|unnamed)(.*)$/.exec(row) ?? [];
    if (offset === undefined) return [];
    return [{ offset: Number(offset), name: named, consumer: consumerOf(rest), isOutput: /\boutput\b/.test(rest) }];
  });
}

/** Version 1 has the consumer or `unused` behind the name, and `[used]` at the end; version 2 `consumer=`, quoted or not. */
function consumerOf(rest: string): string | undefined {
  const own = /\bconsumer=(?:"([^"]*)"|(\S+))/.exec(rest);
  if (own !== null) return own[1] ?? own[2] ?? "";
  if (!rest.includes("[used")) return undefined;
  const behindName = /^\s+(?:"([^"]*)"|(\S+))/.exec(rest);
  return behindName?.[1] ?? behindName?.[2] ?? "";
}

/** What a tool complains of, where it is known. */
export type GpioTrouble = "no-tool" | "no-chip" | "no-permission" | "busy" | "no-line" | "refused";

/** @param text  what it wrote to standard error */
export function troubleOf(text: string): GpioTrouble {
  if (/ENOENT|failed to execute/.test(text)) return "no-tool";
  if (/cannot find GPIO chip|No such (file|device)|looking up chip/i.test(text)) return "no-chip";
  if (/Permission denied|Operation not permitted/i.test(text)) return "no-permission";
  if (/resource busy/i.test(text)) return "busy";
  return /out of range|cannot find line|invalid offset|Invalid argument/i.test(text) ? "no-line" : "refused";
}
