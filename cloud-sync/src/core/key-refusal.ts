import type { RefusalRow } from "./refusal-row.ts";

/** How trust lists, epochs and commands are refused: part of the table of all refusals. */
export const KEY_REFUSAL = {
  TrustListRefused: {
    status: 422,
    title: "The trust list cannot follow the one in force",
    zh: "该信任列表不能接续现行的列表。请根密钥持有人签署接续最新列表的信任列表。",
    remedy: "Have the root holders sign a list that follows the newest one.",
  },
  SigningKeyMissing: {
    status: 422,
    title: "The trust list would leave this cloud without a key that may sign",
    zh: "该信任列表会使云端没有可签名的密钥。请列入云端持有的密钥，用途为 feed 和 time：portico key rotate。",
    remedy: "Let it name a key that the cloud holds, with usages feed and time: portico key rotate.",
  },
  AdoptionRequired: {
    status: 409,
    title: "Controllers know revocations that this cloud has forgotten",
    zh: "控制器知道云端已遗失的撤销记录。请在重新开始名单之前接收：portico feed epoch bump --adopt。",
    remedy: "Take them over before the feed begins anew: portico feed epoch bump --adopt.",
  },
  CommandUnsigned: {
    status: 409,
    title: "No key of this cloud may sign commands",
    zh: "云端没有可签署指令的密钥。请根密钥持有人加入信任列表：portico key rotate。",
    remedy: "Have the root holders put one into the trust list: portico key rotate.",
  },
} as const satisfies Record<string, RefusalRow>;
