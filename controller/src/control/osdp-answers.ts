import { bytesToHex, eventOf } from "@portico/card-protocol";
import type { OsdpPd } from "@portico/firmware-ts/osdp";
import { keyAct, operatorAct } from "./asked.ts";
import type { PdRow } from "./control-api.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { Refusal } from "./refusal.ts";

/** Readers and relay modules on OSDP lines: what they are, their keys, what went over the line. */
export function osdpAnswers(parts: ControlParts): AnswersTo<"GET /v1/osdp/pds" | "POST /v1/osdp/pds/:id/key" | "GET /v1/osdp/lines/:id/trace"> {
  const { osdp, clock, configuration, recorder } = parts;
  const rowOf = (pd: OsdpPd): PdRow => pdRow(pd, osdp?.hasKey(pd.id) === true, configuration.osdpPds.find(({ id }) => id === pd.id)!.wire);

  return {
    "GET /v1/osdp/pds": () => [...(osdp?.pds.values() ?? [])].map(rowOf),
    async "POST /v1/osdp/pds/:id/key"(asked) {
      const { by } = operatorAct(asked);
      const { over } = keyAct(asked);
      const { id = "" } = asked.params;
      const pd = osdp?.pds.get(id);
      if (osdp === undefined || pd === undefined) throw new Refusal(404, "There is no such OSDP reader", id, nextOf([...(osdp?.pds.keys() ?? [])], "osdp_pd"));
      const given = await osdp.giveKey(id, over);
      if (!given.ok) throw new Refusal(409, "The reader was not given a key", `osdp_pd ${id}: ${given.detail}`, KEY_REMEDY[over]);
      recorder.event(eventOf("ReaderKeySet", { device: id, by }));
      return rowOf(pd);
    },
    "GET /v1/osdp/lines/:id/trace": ({ params: { id = "" } }) => {
      const bus = osdp?.buses.get(id);
      if (osdp === undefined || bus === undefined) throw new Refusal(404, "There is no such OSDP line", id, nextOf([...(osdp?.buses.keys() ?? [])], "wire"));
      const [now, wall] = [clock.monotonic(), clock.wall()];
      const nowMs = wall === "untrusted" ? now : wall.now * 1_000;
      const frames = osdp.trace(id).map(({ direction, bytes, at }) => ({ atMs: Math.max(0, nowMs - (now - at)), direction, bytes: bytesToHex(bytes) }));
      return { frames, counts: { ...bus.counts } };
    },
  };
}

const KEY_REMEDY = {
  "own-key": "A reader without a key of ours is given one with `portico device osdp key <pd> --install-mode`, at commissioning.",
  "install-mode": "Put the reader into install mode as its maker says, look at `portico device osdp list`, then try again.",
  "clear-text": "Reset the reader as its maker says, look at `portico device osdp list`, then try again.",
} as const;

const nextOf = (known: readonly string[], table: string): string =>
  known.length === 0 ? `Add a [[${table}]] to portico.toml.` : `Use one of ${known.join(", ")}.`;

function pdRow(pd: OsdpPd, hasKey: boolean, wire: string): PdRow {
  const { health, portrait } = pd;
  const { identity, capabilities = [] } = portrait;
  return {
    id: pd.id,
    wire,
    address: pd.address,
    health: health.kind,
    detail: health.kind === "online" ? "" : health.detail,
    state: pd.state,
    hasKey,
    identity:
      identity === undefined
        ? null
        : {
            vendor: bytesToHex(identity.vendor),
            model: identity.model,
            version: identity.version,
            serial: identity.serial,
            firmware: identity.firmware.join("."),
          },
    capabilities,
    counts: { ...pd.counts },
  };
}
