import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acceptTrustList, unixSeconds } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { parseConfiguration, readListFolder, readZoneKey } from "@portico/controller";
import { expect, onTestFinished, test } from "vitest";
import { campusConfiguration } from "./campus-configuration.ts";
import { campusList } from "./campus-list.ts";
import { campusTrustList } from "./campus-trust.ts";
import { type Campus, ISSUER_KID, wiresOf } from "./campus.ts";
import { crowdCampus } from "./crowd-campus.ts";
import { smallCampus } from "./small-campus.ts";
import { wholeCampus } from "./whole-campus.ts";

const SECRET = new Uint8Array(32).fill(1);
const CAMPUSES: readonly (readonly [string, Campus])[] = [
  ["small campus", smallCampus(SECRET)],
  ["whole campus", wholeCampus(SECRET)],
  ["campus of 137 people", crowdCampus(SECRET, { people: 137, gates: 2, lanesPerGate: 3 })],
];

/** Where the whole campus has what is on its network. */
const onNetwork = (wire: string, otherwise: string): string => {
  const nth = ["printer-1", "gate-5", "barrier-camera"].indexOf(wire);
  return nth < 0 ? otherwise : `127.0.0.1:${9000 + nth}`;
};
const configured = (campus: Campus, wiring: Parameters<typeof campusConfiguration>[1]) =>
  parseConfiguration(new TextEncoder().encode(campusConfiguration(campus, wiring)), "/campus/portico.toml", { dataFolder: "/campus", socket: "/campus/s" });

test.each(CAMPUSES)("the configuration of the %s can be run, over serial ports and over TCP", (_, campus) => {
  const serial = configured(campus, { addressOf: (wire) => onNetwork(wire, `/dev/pts/${wire}`) });
  const tcp = configured(campus, {
    addressOf: (wire) => onNetwork(wire, `127.0.0.1:${4001 + wiresOf(campus).findIndex(({ id }) => id === wire)}`),
    clock: "time-frames",
  });
  expect([serial, tcp]).toEqual([expect.objectContaining({ ok: true }), expect.objectContaining({ ok: true })]);
  if (!serial.ok || !tcp.ok) return;
  expect(serial.configuration.wires.map(({ id, kind }) => ({ id, kind }))).toEqual(wiresOf(campus).map(({ id }) => ({ id, kind: "serial" })));
  expect(serial.configuration.clock).toEqual({ trustedBy: "system", uncertaintyS: 1 });
  expect(tcp.configuration.clock).toEqual({ trustedBy: "time-frames" });
  expect(serial.configuration.site.trust).toMatchObject({ listFile: "/campus/trust-list.cose", roots: { threshold: 2 } });
});

test("a technician finds the small campus under the names that stand on its doors", () => {
  const read = configured(smallCampus(SECRET), { addressOf: (wire) => `/dev/${wire}` });
  if (!read.ok) throw new Error("not readable");
  const { accessPoints, wires, turnstiles, scanners } = read.configuration;
  expect(wires.map(({ id }) => id)).toEqual(["gate-1", "gate-2", "library", "gate-1-in", "gate-1-out", "gate-2-in", "gate-2-out", "library-in"]);
  expect(accessPoints.map(({ id, replayGroup, egress }) => ({ id, replayGroup, egress }))).toEqual([
    { id: "gate-1-in", replayGroup: "main-gate/entry", egress: false },
    { id: "gate-1-out", replayGroup: "main-gate/exit", egress: true },
    { id: "gate-2-in", replayGroup: "main-gate/entry", egress: false },
    { id: "gate-2-out", replayGroup: "main-gate/exit", egress: true },
    { id: "library-in", replayGroup: "library-in", egress: false },
  ]);
  expect(turnstiles.map(({ gate }) => gate)).toEqual(["main-gate", "main-gate"]);
  expect(scanners.filter(({ card }) => card !== undefined).map(({ id }) => id)).toEqual(["gate-2-in", "gate-2-out", "library-in"]);
});

test.each(CAMPUSES)("the list of the %s is loaded without a complaint, and everybody is in it", (_, campus) => {
  const folder = mkdtempSync(join(tmpdir(), "portico-campus-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const { file, text } of campusList(campus)) writeFileSync(join(folder, file), text);
  const read = readListFolder(folder, { zone: campus.timeZone, zoneKey: readZoneKey(join(folder, "zone.key"), () => new Uint8Array(32).fill(9)) });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { list } = read;
  const lines = (name: "person" | "card"): string[] => {
    const all: string[] = [];
    for (let portion = list.portion(name, 0); portion.length > 0; portion = list.portion(name, all.length)) all.push(...portion);
    return all;
  };
  expect(lines("person")).toEqual(campus.people.map(({ id }) => id).sort());
  const identities = campus.people.flatMap((person) => person.identities ?? []);
  expect(lines("card")).toHaveLength(identities.length + campus.people.filter(({ card }) => card !== undefined).length);
});

test.each(CAMPUSES)("the trust list of the %s is taken by whoever pins its three roots", (_, campus) => {
  const read = configured(campus, { addressOf: (wire) => onNetwork(wire, `/dev/${wire}`) });
  if (!read.ok) throw new Error("not readable");
  const accepted = acceptTrustList(undefined, campusTrustList(campus, unixSeconds(1_800_000_000)), {
    site: campus.site,
    pinnedRoots: read.configuration.site.trust!.roots,
    verifier: nodeVerifier,
  });
  if (!accepted.ok) throw new Error(accepted.detail);
  expect(accepted.value.keys.get(ISSUER_KID)).toMatchObject({ publicKey: nodeSigner(campus.keys.issuer).publicKey, usages: ["T"], ttlS: 30 });
});

test("one secret gives one campus, another secret gives nobody the same key, credential or card", () => {
  expect(smallCampus(SECRET)).toEqual(smallCampus(SECRET));
  const secretsOf = ({ people, keys }: Campus): string[] =>
    [...people.flatMap(({ phone, wallet, card }) => [phone?.credential, phone?.seed, wallet?.credential, card?.number]), ...keys.roots, keys.issuer].flatMap(
      (secret) => (secret === undefined ? [] : [String(secret)]),
    );
  const all = [...secretsOf(smallCampus(SECRET)), ...secretsOf(smallCampus(new Uint8Array(32).fill(2)))];
  expect(new Set(all).size).toBe(all.length);
});
