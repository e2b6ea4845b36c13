import type { Language } from "@portico/card-protocol";
import type { ControllerStatus } from "@portico/controller";
import type { Command } from "commander";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { chosenLanguage, languageOption, type LanguageOptions } from "./language.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { durationText, instantText, timeText, zoneText } from "./time-text.ts";
import { meaningText } from "./freshness-text.ts";
import { formatOption, verb } from "./verb.ts";

/** `portico status`: the running controller as a whole. */
export function statusCommand(surroundings: Surroundings): Command {
  const command = verb("status", "show the running controller: clock, list, devices, recording", [
    ["portico status", "on a terminal: one fact a line"],
    ["portico status --lang zh", "what wants to be looked at is told in Chinese"],
    ["portico status --format jsonl", "for programs"],
  ]).addOption(formatOption());
  return controllerOptions(languageOption(command)).action(async (options: ControllerOptions & LanguageOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    const status = await client.ask("GET /v1/status", {});
    const { clock, list, trustList, feed, devices } = status;
    const { zone } = client;
    writeFacts(
      surroundings.terminal,
      options.format,
      [
        ["site", status.site],
        ["controller", status.controller],
        ["version", status.version],
        ["up", durationText(status.uptimeS)],
        ["clock", clock.now === null ? clock.state : `${clock.state}, ${timeText(clock.now, zone)} ± ${clock.uncertaintyS} s`],
        ["list", listText(list, feed, zone)],
        ["trust list", trustList === null ? "none" : `sequence ${trustList.sequence}, until ${timeText(trustList.validUntil, zone)}`],
        ...feedFacts(feed, zone),
        ["recording", status.recordingSuspended === null ? `event ${status.lastSeq}` : `suspended: ${status.recordingSuspended}`],
        ...uploadFacts(status.upload, zone),
        ["devices", `${devices.online} online, ${devices.offline} offline`],
        ...findingFacts(status.findings, chosenLanguage(surroundings, options)),
        ["times in", zoneText(zone)],
      ],
      status,
    );
  });
}

/** What wants to be looked at before it fails, each with what to do. */
const findingFacts = (findings: ControllerStatus["findings"], language: Language): [string, string][] =>
  findings.flatMap(({ subject, finding, detail, detailZh, sinceS, remedy, remedyZh }, nth): [string, string][] =>
    language === "zh"
      ? [
          [nth === 0 ? "待检查" : "", `${subject}：${finding}，已持续 ${durationText(sinceS)}：${detailZh}`],
          ["", `处理：${remedyZh}`],
        ]
      : [
          [nth === 0 ? "look at" : "", `${subject}: ${finding} for ${durationText(sinceS)}: ${detail}`],
          ["", `next: ${remedy}`],
        ],
  );

/** How far the events are with the cloud. */
function uploadFacts(upload: ControllerStatus["upload"], zone: string | undefined): [string, string][] {
  if (upload === null) return [];
  const { uploaded, uploadedAt, waiting, waitingSince, problem } = upload;
  const last = uploadedAt === null ? "" : `, last at ${instantText(uploadedAt, zone)}`;
  const since = waitingSince === null ? "" : ` since ${instantText(waitingSince, zone)}`;
  return [
    ["uploaded", uploaded === 0 ? "nothing yet" : `up to event ${uploaded}${last}`],
    ["waiting", waiting === 0 ? "none" : `${waiting}${since}${problem === "" ? "" : `: ${problem}`}`],
  ];
}

/** Of lists from files; where a cloud has them, what is held of it stands below. */
function listText(list: ControllerStatus["list"], feed: ControllerStatus["feed"], zone: string | undefined): string {
  if (list.version === 0) return feed === null ? "none loaded" : "the cloud's, see feed";
  return `version ${list.version}, ${list.credentials} credentials, loaded ${timeText(list.loadedAt, zone)}`;
}

/** One fact for the connection, one for each partition, and for one that is no longer fresh what that means. */
function feedFacts(feed: ControllerStatus["feed"], zone: string | undefined): [string, string][] {
  if (feed === null) return [];
  const isStale = feed.partitions.some(({ freshness, issued }) => freshness !== "fresh" && issued !== null);
  const since = durationText(feed.sinceS);
  const connection =
    feed.connection === "waiting"
      ? `waiting for ${since}: ${feed.detail}`
      : `connected for ${since}${isStale ? ", and yet STALE: the cloud stands still, or somebody keeps its heads back" : ""}`;
  return [
    ["feed", connection],
    ...feed.partitions.flatMap((row): [string, string][] => [
      [
        `  ${row.partition}`,
        `${row.freshness}, version ${row.epoch}:${row.version}${row.issued === null ? ", never vouched for" : `, vouched for at ${instantText(row.issued, zone)}`}`,
      ],
      ...(row.freshness === "fresh" ? [] : [["", meaningText(row, zone)] as [string, string]]),
    ]),
  ];
}
