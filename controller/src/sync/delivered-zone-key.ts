/** A zone's key for card numbers, as the cloud hands it to a controller that has shown its own. */
export interface DeliveredZoneKey {
  readonly zone: string;
  readonly generation: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
}
