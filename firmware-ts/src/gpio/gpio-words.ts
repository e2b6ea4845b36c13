import { type GpioTrouble, troubleOf } from "../core/gpio/gpio-tools.ts";
import type { DeviceError } from "../device.ts";

/** Why a kernel is refused. */
export const KEPT_TEXT =
  "this kernel leaves outputs as they were when the program that held them is gone: add dtparam=strict_gpiod to /boot/firmware/config.txt and restart";

/** A line that the chip has not. */
export const lostLineText = (chip: string, line: number | string): string =>
  `${chip} has no line ${typeof line === "number" ? line : `named ${line}`}: gpioinfo lists those that it has`;

/** A line that somebody else has. */
export const heldText = (line: number | string, consumer: string): string =>
  `line ${line} is held by another program (${consumer}): end that, or take another line`;

const WORDS: Readonly<Record<GpioTrouble, (chip: string, trouble: string) => readonly [DeviceError, string]>> = {
  "no-tool": () => ["Disconnected", "the libgpiod tools are not installed: sudo apt install gpiod"],
  "no-chip": (chip) => ["Disconnected", `there is no ${chip}: gpiodetect lists the chips of this computer`],
  "no-permission": (chip) => ["Disconnected", `${chip} may not be used: sudo usermod -aG gpio portico, then start the controller anew`],
  busy: () => ["BadReply", "the line is held by another program: gpioinfo names it"],
  "no-line": (chip, trouble) => ["BadReply", `${chip} has no such line: ${trouble}`],
  refused: (_, trouble) => ["BadReply", trouble === "" ? "the tool ended" : trouble],
};

/** What a tool complains of, as a device's error and in words for a technician. */
export const gpioTroubleText = (trouble: string, chip: string): readonly [DeviceError, string] => WORDS[troubleOf(trouble)](chip, trouble);
