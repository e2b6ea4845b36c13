import { bytesToHex, eventOf } from "@portico/card-protocol";
import { type OsdpPd, setCommunication } from "@portico/firmware-ts/osdp";
import { communicationAct, keyAct, operatorAct } from "./asked.ts";
import type { PdRow } from "./osdp-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";
import { notRecordedRefusal, Refusal } from "./refusal.ts";

/** Readers and relay modules on OSDP lines: what they are, their keys, what went over the line. */
export function osdpAnswers(
  parts: ControlParts,
): AnswersTo<"GET /v1/osdp/pds" | "POST /v1/osdp/pds/:id/key" | "POST /v1/osdp/pds/:id/communication" | "GET /v1/osdp/lines/:id/trace"> {
  const { osdp, clock, configuration, recorder } = parts;
  const baudOf = (id: string): number | undefined => {
    const wire = configuration.wires.find((row) => row.id === id)!;
    return wire.kind === "serial" ? wire.baud : undefined;
  };
  const rowOf = (pd: OsdpPd): PdRow => pdRow(pd, osdp?.hasKey(pd.id) === true, configuration.osdpPds.find(({ id }) => id === pd.id)!.wire);
  const pdOf = (id: string): OsdpPd => {
    const pd = osdp?.pds.get(id);
    if (pd === undefined) throw new Refusal(404, "There is no such OSDP reader", id, nextOf([...(osdp?.pds.keys() ?? [])], "osdp_pd"));
    return pd;
  };

  return {
    "GET /v1/osdp/pds": () => [...(osdp?.pds.values() ?? [])].map(rowOf),
    async "POST /v1/osdp/pds/:id/key"(asked) {
      const { by } = operatorAct(asked);
      const { over } = keyAct(asked);
      const { id = "" } = asked.params;
      const pd = pdOf(id);
      const given = await osdp!.giveKey(id, over);
      if (!given.ok) throw new Refusal(409, "The reader was not given a key", `osdp_pd ${id}: ${given.detail}`, KEY_REMEDY[over]);
      recorder.event(eventOf("ReaderKeySet", { device: id, by }));
      return rowOf(pd);
    },
    async "POST /v1/osdp/pds/:id/communication"(asked) {
      const { by, reason } = operatorAct(asked);
      const { address, baud: wanted } = communicationAct(asked);
      const { id = "" } = asked.params;
      const pd = pdOf(id);
      const { wire } = configuration.osdpPds.find((row) => row.id === id)!;
      const other = configuration.osdpPds.find((row) => row.wire === wire && row.address === address && row.id !== id);
      if (other !== undefined)
        throw new Refusal(409, "The address is another reader's", `${address} on wire ${wire} is osdp_pd ${other.id}`, "Choose an address that is free.");
      const baud = wanted ?? baudOf(wire);
      if (baud === undefined)
        throw new Refusal(409, "Nobody knows how fast this line speaks", `wire ${wire} is a gateway`, "Say the rate that the gateway has: --baud.");
      if (pd.state !== "secure" && pd.state !== "clear")
        throw new Refusal(409, "The reader is not spoken to", `osdp_pd ${id} is ${pd.state}`, "`portico device osdp list` says why.");
      if (recorder.command(eventOf("ReaderAddressed", { device: id, by, reason, address, baud })) === undefined) throw notRecordedRefusal(`osdp_pd ${id}`);
      const taken = await setCommunication(pd, { address, baud });
      if (!taken.ok) throw new Refusal(409, "The reader did not say that it takes the address", `osdp_pd ${id}: ${taken.detail}`, ADDRESS_REMEDY);
      return { id, wire, address: taken.value.address, baud: taken.value.baud };
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

const ADDRESS_REMEDY =
  "Look at `portico device osdp list`: where it is still on line it has kept its address; where it is not, its answer was lost, and it is at the new one.";

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
