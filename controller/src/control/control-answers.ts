import { detailInChinese, HEALTH_FINDING } from "@portico/card-protocol";
import type { ControllerStatus } from "./control-api.ts";
import type { ControlParts } from "./control-parts.ts";
import type { ControlAnswers } from "./control-server.ts";
import { areaAnswers } from "./area-answers.ts";
import { commissioningAnswers } from "./commissioning-answers.ts";
import { configurationAnswers } from "./configuration-answers.ts";
import { deviceAnswers } from "./device-answers.ts";
import { doorAnswers } from "./door-answers.ts";
import { eventAnswers } from "./event-answers.ts";
import { feedAnswers } from "./feed-answers.ts";
import { guardAnswers } from "./guard-answers.ts";
import { laneAnswers } from "./lane-answers.ts";
import { listAnswers } from "./list-answers.ts";
import { musterAnswers } from "./muster-answers.ts";
import { osdpAnswers } from "./osdp-answers.ts";
import { pinAnswers } from "./pin-answers.ts";
import { shadowAnswers } from "./shadow-answers.ts";
import { lockAnswers } from "./lock-answers.ts";
import { kioskAnswers } from "./kiosk-answers.ts";
import { terminalAnswers } from "./terminal-answers.ts";
import { printAnswers } from "./print-answers.ts";
import { siteAnswers } from "./site-answers.ts";

/** What a running controller answers on its control socket, route by route. */
export function controlAnswers(parts: ControlParts): ControlAnswers {
  return {
    "GET /v1/status": () => status(parts),
    ...doorAnswers(parts),
    ...commissioningAnswers(parts),
    ...laneAnswers(parts),
    ...guardAnswers(parts),
    ...terminalAnswers(parts),
    ...printAnswers(parts),
    ...kioskAnswers(parts),
    ...lockAnswers(parts),
    ...shadowAnswers(parts),
    ...siteAnswers(parts),
    ...musterAnswers(parts),
    ...areaAnswers(parts),
    ...pinAnswers(parts),
    ...deviceAnswers(parts),
    ...osdpAnswers(parts),
    ...eventAnswers(parts),
    ...listAnswers(parts),
    ...feedAnswers(parts),
    ...configurationAnswers(parts),
  };
}

function status({
  configuration,
  version,
  startedAt,
  store,
  clock,
  recorder,
  trustList: inForce,
  feed,
  upload,
  devices,
  health,
}: ControlParts): ControllerStatus {
  const trustList = inForce();
  const wall = clock.wall();
  const list = store.list.version();
  const { suspension } = recorder;
  const online = devices.filter(({ device }) => device.health.kind === "online").length;
  return {
    site: configuration.site.id,
    controller: configuration.controller.id,
    version,
    uptimeS: Math.floor((clock.monotonic() - startedAt) / 1000),
    clock: { state: clock.kind, now: wall === "untrusted" ? null : wall.now, uncertaintyS: wall === "untrusted" ? null : wall.uncertaintyS },
    list: { version: list?.version ?? 0, credentials: store.list.summary().credentials, loadedAt: list?.loadedAt ?? null },
    trustList: trustList === undefined ? null : { sequence: trustList.sequence, validUntil: trustList.validUntil },
    feed: feed() ?? null,
    upload: upload() ?? null,
    recordingSuspended:
      suspension === undefined
        ? null
        : `${suspension.cause}, for ${Math.floor((clock.monotonic() - suspension.since) / 1000)} s; ${suspension.denied} refused meanwhile`,
    lastSeq: store.events.last().seq,
    devices: { online, offline: devices.length - online },
    findings: health.findings.map(({ since, ...found }) => ({
      ...found,
      detailZh: detailInChinese(found.detail),
      sinceS: Math.floor((clock.monotonic() - since) / 1000),
      remedy: HEALTH_FINDING[found.finding].en,
      remedyZh: HEALTH_FINDING[found.finding].zh,
    })),
  };
}
