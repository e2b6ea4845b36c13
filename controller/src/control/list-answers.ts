import { existsSync, statSync } from "node:fs";
import { bytesToHex } from "@portico/card-protocol";
import { listChanges } from "../list/list-changes.ts";
import { readListFolder } from "../list/list-folder.ts";
import type { ListContent } from "../store/list-content.ts";
import { listFolder, operatorAct } from "./asked.ts";
import type { CredentialRow, ListDifference } from "./control-api.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import type { Asked } from "./control-server.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

type ListRoute = "GET /v1/list" | "GET /v1/list/credentials" | "POST /v1/list/diff" | "POST /v1/list/load";

/** The permission list: shown, compared with a folder of files, loaded from one. */
export function listAnswers({ store, configuration, clock, recorder }: ControlParts): AnswersTo<ListRoute> {
  const { list, events, zoneKey } = store;
  const readFolder = (asked: Asked): ListContent => {
    const { folder } = listFolder(asked);
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new Refusal(404, "The controller finds no such folder", folder, "Name a folder on the controller's machine that its user may read.");
    const read = readListFolder(folder, { zone: configuration.site.timeZone, zoneKey });
    if (read.ok) return read.list;
    const more = read.count - read.problems.length;
    throw new Refusal(
      422,
      `${read.count} ${read.count === 1 ? "mistake" : "mistakes"} in the list files, so nothing was loaded`,
      folder,
      `Mend ${read.count === 1 ? "it" : `them${more > 0 ? ` (${more} more are not shown)` : ""}`}, then try again; docs/list-files.md describes every column.`,
      { problems: read.problems },
    );
  };
  return {
    "GET /v1/list": () => {
      const version = list.version();
      const counts = list.summary();
      if (version === undefined) return { version: 0, digest: "", loadedAt: null, counts };
      return { version: version.version, digest: bytesToHex(version.digest), loadedAt: version.loadedAt, counts };
    },
    "GET /v1/list/credentials": ({ query }) => {
      const person = query.get("person");
      const credential = query.get("credential");
      if ((person === null) === (credential === null))
        throw new Refusal(400, "One of person and credential is wanted", "the query", "Send ?person=<id> or ?credential=<16 hex digits>.");
      return list.entries(person !== null ? { person } : { credential: credential! }).map(({ credential: row, accessProfiles }): CredentialRow => ({
        credential: row.id,
        holder: row.holder,
        kind: row.kind,
        suspension: row.suspension ?? null,
        validFrom: row.validFrom,
        validUntil: row.validUntil,
        takes: row.takes,
        takesIssuedUntil: row.takesIssuedUntil ?? null,
        flags: row.flags,
        accessProfiles,
      }));
    },
    "POST /v1/list/diff": (asked): ListDifference => {
      const comparison = list.compare(readFolder(asked));
      const before = list.version()?.version ?? 0;
      const isSame = before > 0 && comparison.added + comparison.changed + comparison.removed === 0;
      return { version: isSame ? before : before + 1, digest: bytesToHex(comparison.digest), ...listChanges(comparison) };
    },
    "POST /v1/list/load": (asked): ListDifference => {
      const act = operatorAct(asked);
      const content = readFolder(asked);
      const loaded = recorder.attempt(() => list.load(content, events, clock.eventTime(), act));
      if (loaded === undefined) throw notRecordedRefusal(`the list: ${recorder.suspension?.cause ?? ""}`);
      return { version: loaded.version, digest: bytesToHex(loaded.digest), ...listChanges(loaded) };
    },
  };
}
