import { characterCodes, decodePairs } from "./base45.ts";
import { type Check, firstFailure } from "./check.ts";
import { bytesToHex } from "./hex.ts";
import { PASS_PREFIX, PASS_TEMPLATES, type PassTemplate, readU32 } from "./pass-template.ts";
import type { CredentialId, Pass } from "./pass.ts";
import { err, ok, type Result } from "./result.ts";
import { unixSeconds } from "./units.ts";

const CR = 0x0d;
const LF = 0x0a;
const PREFIX = characterCodes(PASS_PREFIX);
const SCAN_LENGTH_MAX = 165; // the longest pass and CR LF
const NOTHING = new Uint8Array(0);

/** A question of steps 0, 2 and 3, with its number in docs/card-format.md. */
export interface ReadingCheck extends Check<PassScan> {
  readonly step: 0 | 2 | 3;
}

/**
 * A scan looked at as a pass. Total over any bytes: each getter answers whatever was scanned, and only {@link READING_CHECKS} say whether the
 * answer means anything. A text of no template's length is looked at as the longest template that it covers.
 */
export class PassScan {
  readonly template: PassTemplate;
  /** Characters without the line end. */
  readonly textLength: number;
  readonly codes: Uint8Array;
  private decoded: Uint8Array | undefined;
  private strict = false;
  private idRead: CredentialId | undefined;

  /** @param text  as the reader sent it: one trailing CR, LF or CR LF is not part of it, anything else is */
  constructor(text: Uint8Array | string) {
    let codes = NOTHING as Uint8Array;
    if (typeof text !== "string") codes = text;
    else if (text.length <= SCAN_LENGTH_MAX) codes = characterCodes(text);
    let length = text.length;
    if (length <= SCAN_LENGTH_MAX) {
      if (codes[length - 1] === LF) length -= codes[length - 2] === CR ? 2 : 1;
      else if (codes[length - 1] === CR) length -= 1;
    }
    this.codes = codes;
    this.textLength = length;
    this.template = templateCovered(length);
  }

  /** The COSE_Sign1, as long as the template. */
  get bytes(): Uint8Array {
    if (this.decoded === undefined) {
      this.decoded = new Uint8Array(this.template.byteLength);
      this.strict = decodePairs(this.codes, PREFIX.length, this.decoded, this.template.byteLength / 2);
    }
    return this.decoded;
  }

  get isStrictBase45(): boolean {
    return this.bytes.length > 0 && this.strict;
  }

  get credentialId(): CredentialId {
    if (this.idRead === undefined) {
      const at = this.template.offset.i!;
      this.idRead = bytesToHex(this.bytes.subarray(at, at + 8));
    }
    return this.idRead;
  }

  /** T alone. */
  get kid(): number {
    const at = this.template.offset.k!;
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  /** The fields at their offsets. */
  get pass(): Pass {
    const { kind, offset } = this.template;
    const { bytes, credentialId } = this;
    if (kind === "T") return { kind, credentialId, kid: this.kid, expiresAt: unixSeconds(readU32(bytes, offset.x!)) };
    const fields = { credentialId, signedAt: unixSeconds(readU32(bytes, offset.t!)), counter: readU32(bytes, offset.n!) };
    return kind === "H" ? { kind, ...fields } : { kind, ...fields, challenge: this.challenge };
  }

  /** HC alone. */
  get challenge(): Uint8Array {
    const at = this.template.offset.q ?? 0;
    return this.bytes.slice(at, at + 8);
  }
}

/** Steps 0, 2 and 3 in order. All together they say: this text is the one text of a pass whose signature nobody has looked at. */
export const READING_CHECKS: readonly ReadingCheck[] = [
  {
    name: "length of a pass",
    zh: "二维码长度正确",
    step: 0,
    judge: (scan) => (scan.textLength === scan.template.textLength ? undefined : "PassMalformed"),
    detail: (scan) => `${scan.textLength} characters`,
  },
  {
    name: `begins with ${PASS_PREFIX}`,
    zh: `以 ${PASS_PREFIX} 开头`,
    step: 0,
    judge: (scan) =>
      scan.codes[0] === PREFIX[0] && scan.codes[1] === PREFIX[1] && scan.codes[2] === PREFIX[2] && scan.codes[3] === PREFIX[3] ? undefined : "PassMalformed",
    detail: () => "",
  },
  {
    name: "strict Base45",
    zh: "Base45 编码严格合规",
    step: 2,
    judge: (scan) => (scan.isStrictBase45 ? undefined : "PassMalformed"),
    detail: () => "",
  },
  {
    name: "constants of the template",
    zh: "固定字节与模板一致",
    step: 3,
    judge: (scan) => (differingConstant(scan) < 0 ? undefined : "PassMalformed"),
    detail: (scan) => {
      const at = differingConstant(scan);
      return at < 0 ? `template ${scan.template.kind}` : `byte ${at} is not that of a pass ${scan.template.kind}`;
    },
  },
  {
    name: "both expiries equal",
    zh: "两处到期时间一致",
    step: 3,
    judge: ({ template, bytes }) =>
      template.kind === "T" && readU32(bytes, template.offset.x!) !== readU32(bytes, template.offset.y!) ? "PassMalformed" : undefined,
    detail: ({ template }) => (template.kind === "T" ? "" : "T alone"),
  },
];

/** What was read: fields without a signature's word for them. */
export interface ReadPass {
  readonly pass: Pass;
  /** The COSE_Sign1, 96, 98 or 106 bytes of its own. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a scan as a pass, without verifying anything: steps 0, 2 and 3 of docs/card-format.md. Total over any bytes; what has no pass's length
 * is refused after that one look.
 *
 * @param text  as the reader sent it, at most one line end behind it
 */
export function readPass(text: Uint8Array | string): Result<ReadPass, "PassMalformed"> {
  const scan = new PassScan(text);
  const failure = firstFailure(READING_CHECKS, scan);
  if (failure !== undefined) return err("PassMalformed", `${failure.check.name}: ${failure.check.detail(scan)}`);
  return ok({ pass: scan.pass, bytes: scan.bytes });
}

function templateCovered(length: number): PassTemplate {
  for (let i = PASS_TEMPLATES.length - 1; i > 0; i--) if (PASS_TEMPLATES[i]!.textLength <= length) return PASS_TEMPLATES[i]!;
  return PASS_TEMPLATES[0]!;
}

/** Offset of the first byte that is not the template's, or −1. */
function differingConstant({ template: { constants }, bytes }: PassScan): number {
  for (let i = 0; i < constants.length; i += 2) if (bytes[constants[i]!] !== constants[i + 1]) return constants[i]!;
  return -1;
}
