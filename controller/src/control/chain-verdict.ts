/**
 * Whether the chain of events holds. `gaps` are ranges that a GapRecord stands for; one that this controller has not signed is `GapUnsigned`. `uploaded`: how
 * far the cloud has it; null where there is none.
 */
export type ChainVerdict =
  | {
      readonly kind: "whole";
      readonly records: number;
      readonly gaps: readonly { readonly firstSeq: number; readonly lastSeq: number }[];
      readonly lastHash: string;
      readonly uploaded: number | null;
    }
  | {
      readonly kind: "broken";
      readonly seq: number;
      readonly cause: "EventMalformed" | "SequenceBroken" | "HashBroken" | "GapUnsigned";
      readonly detail: string;
    };
