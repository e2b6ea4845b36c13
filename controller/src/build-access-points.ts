import { type Freshness, type RandomBytes, ReaderChallenges, type TrustList } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { Indicator } from "@portico/firmware-ts";
import { AccessPoint } from "./access-point.ts";
import type { AccessPointOptions } from "./access-point-parts.ts";
import type { Areas } from "./areas.ts";
import { byBeacon, ChallengeFace, onDisplay } from "./challenge-face.ts";
import type { CloudLink } from "./cloud-link.ts";
import type { AccessPointConfiguration, AccessPointTarget, Configuration } from "./configuration/configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import { trustFreshness, worstFreshness } from "./core/freshness.ts";
import { EscortWatch } from "./escort-watch.ts";
import type { Hardware } from "./hardware.ts";
import { PinAsking } from "./pin-asking.ts";
import type { Pins } from "./pins.ts";
import type { FirstPersons } from "./portal/first-persons.ts";
import type { Portal } from "./portal/portal.ts";
import type { Recorder } from "./recorder.ts";
import type { ControllerStore } from "./store/controller-store.ts";
import { issuerKeyOf } from "./trust.ts";

/** What the access points of a controller stand on. */
export interface AccessPointsParts {
  readonly configuration: Configuration;
  readonly randomBytes: RandomBytes;
  readonly store: ControllerStore;
  readonly hardware: Hardware;
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
  readonly pins: Pins;
  readonly areas: Areas;
  readonly firstPersons: FirstPersons;
  /** Undefined where lists come from files. */
  readonly cloud: CloudLink | undefined;
  /** In force; undefined where the configuration names none. */
  readonly trustList: () => TrustList | undefined;
  readonly portalOf: (target: AccessPointTarget, egress: boolean) => Portal;
  readonly lightOf: (accessPoint: string) => Indicator | undefined;
  readonly onJudged: AccessPointOptions["onJudged"];
  readonly onShadow: AccessPointOptions["onShadow"];
}

/** Every access point of the configuration. Each listens to its reader from now on. */
export const buildAccessPoints = (parts: AccessPointsParts): AccessPoint[] =>
  parts.configuration.accessPoints.map((point) => new AccessPoint(optionsOf(point, parts)));

function faceOf({ challengeFace }: AccessPointConfiguration, { configuration, hardware, randomBytes, clock }: AccessPointsParts): ChallengeFace | undefined {
  if (challengeFace === undefined) return undefined;
  const { by, id } = challengeFace;
  const language = configuration.displays.find((display) => display.id === id)?.language ?? "en";
  const shower = by === "beacon" ? byBeacon(hardware.beacons.get(id)!) : onDisplay(hardware.displays.get(id)!, language);
  return new ChallengeFace({ shower, randomBytes, clock });
}

function optionsOf(point: AccessPointConfiguration, parts: AccessPointsParts): AccessPointOptions {
  const { configuration, store, hardware, clock, recorder, cloud, trustList } = parts;
  const ofZone = cloud?.partsOf(point);
  const list = ofZone?.list ?? store.list;
  const trusted = (): Freshness => trustFreshness(trustList()?.validUntil, clock.wall());
  const profile = configuration.authenticationProfiles.find(({ id }) => id === point.authenticationProfile);
  const face = faceOf(point, parts);
  const scanner = configuration.scanners.find(({ id }) => id === point.scanner);
  return {
    settings: {
      id: point.id,
      site: configuration.site.id,
      capability: point.capability,
      replayGroup: point.replayGroup,
      challengeDemanded: point.demandChallenge,
      enabled: point.enabled,
      egress: point.egress,
      untrustedClock: point.untrustedClock,
      cardFormat: scanner?.card,
      keypadLines: scanner !== undefined && "keypad" in scanner && scanner.keypad,
      secondPersonMs: point.secondPersonMs,
    },
    scanner: hardware.scanners.get(point.scanner)!,
    indicator: parts.lightOf(point.id),
    portal: parts.portalOf(point.opens, point.egress),
    clock,
    verifier: nodeVerifier,
    challenges: face?.challenges ?? new ReaderChallenges(parts.randomBytes),
    challengeFace: face,
    issuerKey: (kid) => issuerKeyOf(trustList(), kid),
    list,
    freshness: ofZone === undefined ? trusted : () => worstFreshness([trusted(), ofZone.freshness()]),
    spent: store.spent,
    zoneKey: ofZone?.zoneKey ?? store.zoneKey,
    recorder,
    areas: parts.areas.verdictAt(point),
    asking: profile && new PinAsking(profile, list, parts.pins, point.zone ?? ""),
    onKeys: hardware.keys.get(point.scanner),
    escorts: point.escortMs === undefined ? undefined : new EscortWatch(store.events, clock, point.escortMs),
    firstPersons: parts.firstPersons,
    onJudged: parts.onJudged,
    onShadow: parts.onShadow,
  };
}
