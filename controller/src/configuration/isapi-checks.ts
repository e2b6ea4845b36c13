import { kindOfFormat } from "@portico/card-protocol";
import { ISAPI_DOORS_MAX } from "@portico/firmware-ts/isapi";
import { ipv4Place } from "./ipv4-place.ts";
import type { ConfigurationProblem, ProblemAt } from "./problem.ts";
import { unknownReference } from "./reference.ts";
import type { FileContent } from "./schema.ts";
import type { TomlPath } from "./toml-tree.ts";

/** Terminals and cameras: each is one place, is listened to at a port of its own, and what reads by it reads what it can see, once. */
export function isapiProblems(file: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  return [...deviceProblems(file, problemAt), ...scannerProblems(file, problemAt), ...boardProblems(file, problemAt), ...indicatorProblems(file, problemAt)];
}

function deviceProblems({ isapi: devices }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const taken = new Map<string, string>();
  return devices.flatMap(({ id, address, dialect, security, certificate_file: certificate, listen, push_authentication: authentication }, index) => {
    const problems: ConfigurationProblem[] = [];
    const at = (key: string): TomlPath => ["isapi", index, key];
    if (certificate !== undefined && security === "clear-text")
      problems.push(problemAt(at("certificate_file"), `has no meaning with security = "clear-text"`, "remove it, or the line security"));
    if (dialect === "axis" && listen === undefined)
      problems.push(problemAt(at("dialect"), `is "axis", which pushes what it reads, but nobody listens`, `write listen = "192.168.10.2:8088"`));
    if (authentication === "address" && listen === undefined) problems.push(problemAt(at("push_authentication"), "has no meaning without listen", "remove it"));
    const place = ipv4Place(address, security === "tls" ? 443 : 80);
    for (const [key, claim] of [
      ["address", place && `${place.address}:${place.port}`],
      ["listen", listen],
    ] as const) {
      const other = claim === undefined ? undefined : taken.get(`${key} ${claim}`);
      if (other !== undefined) problems.push(problemAt(at(key), `is that of isapi "${other}" already`, "give each device its own"));
      else if (claim !== undefined) taken.set(`${key} ${claim}`, id);
    }
    return problems;
  });
}

function scannerProblems({ scanner: scanners, isapi: devices }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const read: { readonly device: string; readonly kind: string; readonly door: number | undefined; readonly direction: string | undefined; readonly id: string }[] = []; // prettier-ignore
  return scanners.flatMap(({ id, isapi, card, door, direction, confidence_min: confidence }, index) => {
    const at = (...key: string[]): TomlPath => ["scanner", index, ...key];
    const kind = card === undefined ? "qr" : kindOfFormat(card.format);
    const without = (keys: Readonly<Record<string, unknown>>, why: string): ConfigurationProblem[] =>
      Object.entries(keys).flatMap(([key, value]) => (value === undefined ? [] : [problemAt(at(key), why, "remove it")]));
    if (isapi === undefined) return without({ door, direction, confidence_min: confidence }, "has no meaning without isapi");
    const problems = unknownReference(at("isapi"), isapi, "isapi", devices, problemAt);
    if (kind === "plate") problems.push(...without({ door }, "belongs to a terminal; a camera has none"));
    else problems.push(...without({ direction, confidence_min: confidence }, `belongs to a camera: card = { format = "plate" }`));
    if (kind !== "plate" && devices.find((each) => each.id === isapi)?.dialect === "axis")
      problems.push(problemAt(at("isapi"), "is a camera, which reads plates alone", `write card = { format = "plate" }`));
    const other = read.find(
      (each) =>
        each.device === isapi &&
        each.kind === kind &&
        (each.door === undefined || door === undefined || each.door === door) &&
        (each.direction === undefined || direction === undefined || each.direction === direction),
    );
    if (other !== undefined)
      problems.push(problemAt(at("isapi"), `what it reads there is the scanner "${other.id}" already`, "tell them apart by door or direction, or remove one"));
    read.push({ device: isapi, kind, door, direction, id });
    return problems;
  });
}

/** What was decided has to reach the device: it waits for it. */
const indicatorProblems = ({ access_point: points, scanner: scanners }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] =>
  points.flatMap(({ indicator, scanner }, index) =>
    indicator === undefined || scanners.find(({ id }) => id === scanner)?.isapi === undefined
      ? []
      : [problemAt(["access_point", index, "indicator"], "the terminal or camera shows what was decided itself, and waits for it", "remove it")],
  );

function boardProblems({ relay_board: boards, isapi: devices }: FileContent, problemAt: ProblemAt): ConfigurationProblem[] {
  const driven = new Map<string, string>();
  return boards.flatMap(({ id, protocol, isapi, relays = 0 }, index) => {
    if (protocol !== "isapi") return [];
    const at = (key: string): TomlPath => ["relay_board", index, key];
    if (isapi === undefined) return [problemAt(["relay_board", index], "does not say whose doors they are", `write isapi = "visitor-gate-2", for example`)];
    const problems = unknownReference(at("isapi"), isapi, "isapi", devices, problemAt);
    const other = driven.get(isapi);
    if (other !== undefined) problems.push(problemAt(at("isapi"), `its doors are relay_board "${other}" already`, "remove one of them"));
    driven.set(isapi, id);
    if (devices.find((each) => each.id === isapi)?.dialect === "axis")
      problems.push(problemAt(at("isapi"), "is a camera, which has no doors", "name the relay board that the barrier hangs on"));
    if (relays > ISAPI_DOORS_MAX)
      problems.push(problemAt(at("relays"), `is ${relays}: a terminal has ${ISAPI_DOORS_MAX} doors at most`, `write relays = ${ISAPI_DOORS_MAX}`));
    return problems;
  });
}
