import { expect, test } from "vitest";
import { aliyunHeaders, aliyunQuery } from "./aliyun-signature.ts";

test("a request is signed as Alibaba Cloud's own worked example is", () => {
  const request = {
    host: "ecs.cn-shanghai.aliyuncs.com",
    action: "RunInstances",
    version: "2014-05-26",
    query: { RegionId: "cn-shanghai", ImageId: "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd" },
    date: "2023-10-26T10:22:32Z",
    nonce: "3156853299f313e23d1673dc12e1703d",
  };
  const { authorization } = aliyunHeaders(request, { id: "YourAccessKeyId", secret: "YourAccessKeySecret" });
  expect(authorization).toBe(
    "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
  );
});

test("a query stands by name, and every sign beside the unreserved is encoded", () => {
  expect(aliyunQuery({ b: "a b*", a: "(中)~", "A'": "1" })).toBe("A%27=1&a=%28%E4%B8%AD%29~&b=a%20b%2A");
});
