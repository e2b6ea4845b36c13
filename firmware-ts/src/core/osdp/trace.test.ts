import { bytesToHex } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { pcapHead, pcapRecord } from "./trace.ts";

test("a trace is a pcap file of link type USER0, one record a frame, as draft-ietf-opsawg-pcap draws it", () => {
  expect(bytesToHex(pcapHead())).toBe("d4c3b2a1020004000000000000000000ffff000093000000");
  expect(bytesToHex(pcapRecord(Uint8Array.of(0x53, 0x00), 1_800_000_001_250.5))).toBe("01d2496b84d2030002000000020000005300");
});
