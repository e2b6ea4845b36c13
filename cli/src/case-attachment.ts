import { readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { type Command, Option } from "commander";
import type { CloudCalls } from "./cloud-client.ts";
import { cloudReason, cloudVerb, type CloudVerbOptions, withReason } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeRows } from "./table.ts";
import { verb } from "./verb.ts";
import { typedPath } from "./places.ts";

/** What a name's end says that a file is; the cloud judges by content. */
const TYPES: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
  ".heic": "image/heic",
  ".pdf": "application/pdf",
  ".mp4": "video/mp4",
};
/** More than any case takes is not even read. */
const FILE_BYTES_MAX = 5 * 1024 * 1024;

interface Attached {
  readonly sha256: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
}
const COLUMNS: readonly Column<Attached>[] = [
  { heading: "NAME", cell: ({ name }) => name },
  { heading: "TYPE", cell: ({ type }) => type },
  { heading: "BYTES", cell: ({ bytes }) => String(bytes) },
  { heading: "SHA-256", cell: ({ sha256 }) => sha256 },
];

export function caseAttachVerb(surroundings: Surroundings): Command {
  type Options = CloudVerbOptions & { readonly person?: string; readonly phone?: string; readonly reason?: string };
  const command = verb("attach <case> <file>", "attach a picture or document; what it is its content says", [
    ["portico case attach BX-2026-000042 ./leak.jpg --person li", "for its reporter"],
    ["portico case attach BX-2026-000042 ./invoice.pdf", "as the desk, or a member of its team"],
  ])
    .addOption(new Option("--person <person>", "for whom, by account, phone number or id").conflicts("phone"))
    .addOption(new Option("--phone <number>", "for somebody who is known by phone only"))
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Options, id = "", typed = "") => {
    const file = typedPath(surroundings, typed);
    const type = TYPES[extname(file).toLowerCase()];
    if (type === undefined)
      throw new Failure(EXIT.usage, "the name says no type that cases take", file, `name a file that ends in ${Object.keys(TYPES).join(", ")}`);
    const content = contentOf(file).toString("base64");
    const body = { as: await comingAs(calls, options), name: basename(file), type, content };
    const { value } = await calls.ask(`case ${id}`, "POST /v1/cases/{id}/attachments", { params: { id }, body }, withReason(options));
    writeRows(surroundings.terminal, options.format, COLUMNS, [value]);
  });
}

export function caseSaveVerb(surroundings: Surroundings): Command {
  type Options = CloudVerbOptions & { readonly out: string };
  const command = verb("save <case> <sha256>", "write an attachment to a file", [
    ["portico case save BX-2026-000042 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae --out ./leak.jpg", "portico case show names them"],
  ]).addOption(new Option("--out <file>", "where to; a file that is there is left alone").makeOptionMandatory());
  return cloudVerb(surroundings, command, async (calls, options: Options, id = "", sha256 = "") => {
    const { content, ...attached } = await calls.ask(`case ${id}`, "GET /v1/cases/{id}/attachments/{sha256}", { params: { id, sha256 } });
    const file = typedPath(surroundings, options.out);
    try {
      writeFileSync(file, Buffer.from(content, "base64"), { flag: "wx", mode: 0o600 });
    } catch (error) {
      throw new Failure(
        EXIT.refused,
        `it cannot be written: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`,
        file,
        "name a file that is not there yet",
      );
    }
    writeRows(surroundings.terminal, options.format, COLUMNS, [attached]);
  });
}

async function comingAs(calls: CloudCalls, { person, phone }: { readonly person?: string; readonly phone?: string }) {
  if (phone !== undefined) return { phone };
  return person === undefined ? null : { person: (await personMeant(calls, person)).id };
}

function contentOf(file: string): Buffer {
  try {
    if (statSync(file).size > FILE_BYTES_MAX) throw new Failure(EXIT.usage, `it has more than ${FILE_BYTES_MAX} bytes`, file, "send a smaller picture");
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(EXIT.usage, `it cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`, file, "name a file that is there");
  }
}
