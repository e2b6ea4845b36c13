import type { ControllerStatus } from "@portico/controller";
import { failing, fine, type Finding, warning } from "./finding.ts";
import { meaningText } from "./freshness-text.ts";

const CHECK = "controller's list";

/**
 * Who may pass: whether the running controller holds a list of them, and whether somebody still vouches for it.
 *
 * @param zone  as `timeText` has it
 */
export function listFindings({ list, feed }: Pick<ControllerStatus, "list" | "feed">, zone: string | undefined): Finding[] {
  if (feed === null)
    return [
      list.version === 0
        ? warning(CHECK, "none loaded: nobody is let in", "portico list load <folder>")
        : fine(CHECK, `version ${list.version}, ${list.credentials} credentials`),
    ];
  const stale = feed.partitions.filter(({ freshness }) => freshness !== "fresh");
  if (stale.length === 0) return [fine(CHECK, `the cloud's, fresh: ${feed.partitions.map(({ partition }) => partition).join(", ")}`)];
  const remedy =
    feed.connection === "waiting"
      ? `restore the way to the cloud: ${feed.detail}`
      : "the cloud is reached and vouches for nothing: ask whoever runs it; portico controller lag asks it who misses what";
  return stale.map((row) => {
    const [check, detail] = [`list ${row.partition}`, `${row.freshness}: ${meaningText(row, zone)}`];
    return row.freshness === "expired" ? failing(check, detail, remedy) : warning(check, detail, remedy);
  });
}
