import { decodeBase45 } from "../base45.ts";
import { bytesToHex } from "../hex.ts";
import { sequelCases } from "./sequel-cases.ts";
import { shapeCases } from "./shape-cases.ts";
import { signatureCases } from "./signature-cases.ts";
import { timeCases } from "./time-cases.ts";
import { trustCases } from "./trust-cases.ts";
import { GIVEN } from "./vector-campus.ts";
import type { Case, Given, Vector } from "./vector.ts";

/** The published file `card-protocol/vectors/passes.json`, in the manner of Wycheproof. */
export interface PassVectors {
  readonly format: "CP1";
  readonly notes: Readonly<Record<string, string>>;
  /** What holds for every test that does not say otherwise. */
  readonly given: Given;
  readonly testGroups: readonly {
    readonly name: string;
    /** Through which step of docs/card-format.md a test of this group goes. */
    readonly throughStep: 7 | 9;
    readonly tests: readonly Vector[];
  }[];
}

/** What each flag stands for. */
const NOTES = {
  Valid: "a good pass",
  LineEnd: "one CR, LF or CR LF behind a pass is not part of it",
  Line: "a text that is no pass by its length or its prefix",
  Base45: "Base45 is strict: RFC 9285 with exactly one text for each value",
  Constant: "a byte that is the same in every pass of a kind",
  Expiry: "in T both expiries are equal",
  Reencoded: "the same claims in other CBOR, signed as they stand",
  Window: "windows are closed and widened by the clock's uncertainty on both sides",
  Ttl: "the signing time of T is its expiry minus the ttl of its kid",
  DespiteTime: "a pass that fails on time alone is named, and its clock's error told; any other is not",
  Untrusted: "a clock that nobody vouches for",
  Issuer: "the key that a T names",
  Credential: "the row that a pass names",
  Site: "a pass holds at one site",
  KindExchanged: "a signature holds for one kind of thing",
  Challenge: "HC answers a challenge of this reader, once",
  Field: "a field changed after signing",
  LargeS: "S ≥ L: a second form of the same signature",
  OtherS: "S < L but another",
  SmallOrderA: "a key of small order, with which anybody signs",
  SmallOrderR: "R of small order",
  LargeA: "a key with y ≥ p or next to it",
  LargeR: "R with y ≥ p",
  OtherA: "another key",
  Replay: "a counter is spent once, and time does not run backwards",
  Suspended: "a suspended credential",
  Debounce: "the same text on the same reader",
} as const;

/** Made afresh from fixed seeds: the same bytes every time. */
export function passVectors(): PassVectors {
  let id = 0;
  const group = (name: string, throughStep: 7 | 9, cases: readonly Case[]): PassVectors["testGroups"][number] => ({
    name,
    throughStep,
    tests: cases.map(({ comment, flags, text, given = {}, expected }) => ({ id: ++id, comment, flags, text, bytes: decodedHex(text), given, expected })),
  });
  return {
    format: "CP1",
    notes: NOTES,
    given: GIVEN,
    testGroups: [
      group("what is a pass at all (steps 0, 2, 3)", 7, shapeCases()),
      group("time (step 4)", 7, timeCases()),
      group("keys, sites, kinds, challenges (steps 5, 7)", 7, trustCases()),
      group("strict Ed25519 (step 6)", 7, signatureCases()),
      group("what came before (steps 1, 8, 9)", 9, sequelCases()),
    ],
  };
}

/** The vectors as the file holds them: one line a test. */
export function passVectorsText(): string {
  const { testGroups, ...head } = passVectors();
  const groups = testGroups.map(
    ({ tests, ...rest }) => `${JSON.stringify(rest).slice(0, -1)},"tests":[\n${tests.map((test) => JSON.stringify(test)).join(",\n")}\n]}`,
  );
  return `${JSON.stringify(head, null, 1).slice(0, -2)},\n "testGroups": [\n${groups.join(",\n")}\n]}\n`;
}

function decodedHex(text: string): string | null {
  const bytes = decodeBase45(text.replace(/\r?\n$|\r$/, "").slice(4));
  return bytes === undefined ? null : bytesToHex(bytes);
}
