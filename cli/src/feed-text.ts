import type { ForkProof, Witnessed } from "@portico/card-protocol";
import { instantText } from "./time-text.ts";

/** A frame as one line for people. */
export function frameText(frame: Witnessed, zone: string | undefined): string {
  const place = "partition" in frame ? `${frame.partition} ${frame.epoch}:${frame.version}` : "";
  switch (frame.kind) {
    case "hello":
      return `hello      site ${frame.site}, publication ${frame.publish}`;
    case "trustList":
      return `trust list ${frame.sequence}, feed epoch ${frame.feedEpoch}, roots ${frame.rootVersion}, until ${instantText(frame.validUntil, zone)}`;
    case "head":
      return `head       ${place}, publication ${frame.publish}, issued ${instantText(frame.issued, zone)}, digest ${frame.digest.slice(0, 16)}`;
    case "delta":
      return `delta      ${place} from ${frame.from}: ${frame.put} put, ${frame.removed} removed${frame.parts > 1 ? ` (part ${frame.part + 1} of ${frame.parts})` : ""}`;
    case "manifest":
      return `manifest   ${place}: ${frame.items} items, ${frame.bytes} bytes in ${frame.chunks} chunks`;
    case "command":
      return `command    ${frame.verb} at ${frame.target} of ${frame.controller}, until ${instantText(frame.notAfter, zone)}`;
    case "configuration":
      return "configuration of a controller";
    case "keepalive":
      return `keepalive  the next within ${frame.nextS} s`;
    case "zoneKeys":
      return `zone keys  ${frame.generations.map(([zone, generation]) => `${zone} ${generation}`).join(", ")}`;
    case "bye":
      return `bye        come back in ${frame.retryAfterS} s`;
  }
}

/** What proves a fork, for whoever has to be shown it. */
export function forkLines({ place, digests, records }: ForkProof): string[] {
  return [
    `the cloud told two things of ${place.partition} ${place.epoch}:${place.version}, and signed both:`,
    ...records.map((record, nth) => `  digest ${digests[nth]}\n  record ${Buffer.from(record).toString("hex")}`),
  ];
}
