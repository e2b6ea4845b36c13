import type { Command } from "commander";
import { exportVerb, importVerb } from "./feed-file.ts";
import { epochNoun } from "./feed-epoch.ts";
import { snapshotVerb } from "./feed-snapshot.ts";
import { statusVerb } from "./feed-status.ts";
import { tailVerb } from "./feed-tail.ts";
import { verifyVerb } from "./feed-verify.ts";
import type { Surroundings } from "./surroundings.ts";
import { noun } from "./verb.ts";

/** `portico feed`: what the cloud tells the doors, and whether it may be believed. */
export function feedNoun(surroundings: Surroundings): Command {
  return noun(
    "feed",
    "what the cloud tells the doors, and whether it may be believed",
    [
      ["portico feed status", "how this controller holds each list, and until when the trust list holds"],
      ["portico feed tail", "every frame as it comes, verified"],
      ["portico feed verify east.frames west.frames", "prove that the cloud told two doors the same, or that it did not"],
      ["portico feed export --zone east --out east.feed", "for a controller without a network; there: portico feed import east.feed"],
      ["portico feed epoch bump --adopt --reason 'backup of Monday restored'", "after the cloud came back from a backup"],
    ],
    [
      statusVerb(surroundings),
      tailVerb(surroundings),
      verifyVerb(surroundings),
      snapshotVerb(surroundings),
      exportVerb(surroundings),
      importVerb(surroundings),
      epochNoun(surroundings),
    ],
  );
}
