/** A PIN of ours at a lock, by what its name there says. */
export interface PinName {
  readonly holder: number;
  readonly version: number;
  /** It was given a shorter time than its grant has, and is to be given another before that is over. */
  readonly isRenewed: boolean;
}
/** A finger of ours at a lock. */
export interface FingerName {
  readonly slot: number;
  readonly holder: number;
}

const u32 = (text: string): number | undefined => (Number(text) <= 0xffff_ffff ? Number(text) : undefined);

/**
 * The name that a PIN bears at the platform: whose it is and which version. It is the platform's memory of what it has taken, so that an answer that is lost
 * loses nothing.
 */
export const pinName = ({ holder, version, isRenewed }: PinName): string => `portico pin ${holder} v${version}${isRenewed ? " renewed" : ""}`;

/** Undefined: it is not one of ours. */
export function readPinName(name: string): PinName | undefined {
  const [, holderText = "", versionText = "", renewed] = /^portico pin (\d{1,10}) v(\d{1,10})( renewed)?$/.exec(name) ?? [];
  const [holder, version] = [u32(holderText), u32(versionText)];
  return holderText === "" || holder === undefined || version === undefined ? undefined : { holder, version, isRenewed: renewed !== undefined };
}

/** The name that whoever enrols a finger with the maker's app gives it: it says whose it is. */
export const fingerName = ({ slot, holder }: FingerName): string => `portico finger ${slot} of ${holder}`;

/** Undefined: it is not one of ours. */
export function readFingerName(name: string): FingerName | undefined {
  const [, slotText = "", holderText = ""] = /^portico finger (\d{1,2}) of (\d{1,10})$/i.exec(name.trim()) ?? [];
  const [slot, holder] = [u32(slotText), u32(holderText)];
  return slotText === "" || slot === undefined || holder === undefined ? undefined : { slot, holder };
}
