import { constants, existsSync } from "node:fs";
import { join } from "node:path";
import type { Configuration } from "@portico/controller";
import { mayUse, textOf } from "./computer-checks.ts";
import { failing, fine, type Finding, warning } from "./finding.ts";

const TOOLS = ["gpiodetect", "gpioinfo", "gpioset", "gpioget", "gpiomon"];
const FOLDERS = ["usr/bin", "usr/local/bin", "bin"];

/**
 * What relays on this computer's own lines need: tools, a chip that may be used, and a kernel that lets outputs go.
 *
 * @param keeps  whether the running kernel leaves outputs as they were; undefined: it does not say
 */
export function gpioFindings(root: string, configuration: Configuration | undefined, keeps: boolean | undefined): Finding[] {
  const chips = new Set((configuration?.relayBoards ?? []).flatMap((board) => (board.protocol === "gpio" ? [board.chip] : [])));
  const kept = keptFinding(root, keeps, chips.size > 0);
  return chips.size === 0 ? [kept] : [toolsFinding(root), ...[...chips].map((chip) => chipFinding(root, chip)), kept];
}

function toolsFinding(root: string): Finding {
  const check = "GPIO tools";
  const missing = (names: readonly string[]): string[] => names.filter((name) => !FOLDERS.some((folder) => existsSync(join(root, folder, name))));
  if (missing(TOOLS).length > 0) return failing(check, `not installed: ${missing(TOOLS).join(", ")}`, "sudo apt install gpiod");
  if (missing(["setpriv"]).length > 0)
    return failing(check, "setpriv is not installed: without it a relay would outlive the controller", "sudo apt install util-linux");
  return fine(check, "installed");
}

function chipFinding(root: string, chip: string): Finding {
  const check = `chip ${chip}`;
  const path = join(root, "dev", chip);
  if (!existsSync(path)) return failing(check, `/dev/${chip} is not there`, "gpiodetect lists the chips of this computer");
  if (!mayUse(path, constants.R_OK | constants.W_OK))
    return failing(check, `/dev/${chip} may not be used by you`, "sudo usermod -aG gpio $USER, then log in anew; for the controller: its own user, portico");
  return fine(check, `/dev/${chip}`);
}

/** On a Raspberry Pi the kernel drops GPIO outputs when the program that drives them dies, if it is told to. */
function keptFinding(root: string, keeps: boolean | undefined, isUsed: boolean): Finding {
  const check = "GPIO after a crash";
  const model = textOf(join(root, "proc/device-tree/model"))?.replaceAll("\u0000", "");
  if (keeps === undefined && (model === undefined || !model.startsWith("Raspberry Pi"))) return fine(check, "not a Raspberry Pi: nothing to set");
  const settings = ["boot/firmware/config.txt", "boot/config.txt"].map((path) => textOf(join(root, path)) ?? "").join("\n");
  const isSet =
    /^\s*dtparam=(?:.*,)?strict_gpiod\b/m.test(settings) || (textOf(join(root, "proc/cmdline")) ?? "").includes("pinctrl_bcm2835.persist_gpio_outputs=n");
  // What the running kernel says counts more than what it will be told at its next start.
  if (keeps === undefined ? isSet : !keeps) return fine(check, `${model ?? "this computer"}: outputs drop`);
  const remedy = isSet ? "restart this computer: the setting is there" : "add dtparam=strict_gpiod to /boot/firmware/config.txt and restart";
  const detail = `${model ?? "this computer"}: outputs stay as they were`;
  return isUsed
    ? failing(check, `${detail}, and the controller will not use them`, remedy)
    : warning(check, detail, `${remedy}; needed where relays hang on GPIO pins`);
}
