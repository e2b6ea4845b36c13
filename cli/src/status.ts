import type { Command } from "commander";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { durationText, timeText } from "./time-text.ts";
import { formatOption, verb } from "./verb.ts";

/** `portico status`: the running controller as a whole. */
export function statusCommand(surroundings: Surroundings): Command {
  const command = verb("status", "show the running controller: clock, list, devices, recording", [
    ["portico status", "on a terminal: one fact a line"],
    ["portico status --format jsonl", "for programs"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    const status = await client.ask("GET /v1/status", {});
    const { clock, list, trustList, devices } = status;
    writeFacts(
      surroundings.terminal,
      options.format,
      [
        ["site", status.site],
        ["controller", status.controller],
        ["version", status.version],
        ["up", durationText(status.uptimeS)],
        ["clock", clock.now === null ? clock.state : `${clock.state}, ${timeText(clock.now)} ± ${clock.uncertaintyS} s`],
        ["list", list.version === 0 ? "none loaded" : `version ${list.version}, ${list.credentials} credentials, loaded ${timeText(list.loadedAt)}`],
        ["trust list", trustList === null ? "none" : `sequence ${trustList.sequence}, until ${timeText(trustList.validUntil)}`],
        ["recording", status.recordingSuspended === null ? `event ${status.lastSeq}` : `suspended: ${status.recordingSuspended}`],
        ["devices", `${devices.online} online, ${devices.offline} offline`],
      ],
      status,
    );
  });
}
