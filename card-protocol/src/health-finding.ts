/** What a controller finds wrong before it fails, and what to do about it. One table for events, command line and docs/hardware.md. */
export const HEALTH_FINDING = {
  ReaderSilent: {
    en: "show it a code or a card and see whether it answers; then look at its supply, its cable and its glass; if nobody has come here for so long, nothing is wrong",
    zh: "出示二维码或卡，看读头是否有反应；再检查供电、线缆和扫码窗口；若此处确实长时间无人经过，则属正常",
  },
  ScansUnreadable: {
    en: "clean the glass and dry it; shade it from the sun and from lamps; then look at cable and baud rate",
    zh: "清洁并擦干扫码窗口，避开阳光和灯光直射；再检查线缆和波特率",
  },
  ContactChattering: {
    en: "look for a loose contact, a magnet out of its place, water in a junction, or a cable beside a motor's",
    zh: "检查触点是否松动、门磁是否移位、接线盒是否进水、线缆是否与电机线同路",
  },
  ExitButtonStuck: {
    en: "look whether the button is jammed or its wire is bridged; the door is free for no longer than for one press",
    zh: "检查出门按钮是否卡住、接线是否短接；门只按一次按下的时长放行",
  },
  DoorHeldOften: {
    en: "look whether the closer shuts the door and what holds it open; if people need it open, give it a schedule",
    zh: "检查闭门器能否将门关上、有无物品挡门；若确需常开，请为该门设置时段",
  },
  ClockDrifting: {
    en: "replace the clock module or its battery; let the computer keep its clock by NTP; keep it cool",
    zh: "更换时钟模块或其电池；让主机用 NTP 校时；避免过热",
  },
  BatteryLow: {
    en: "replace or charge the battery before the next power cut",
    zh: "请在下次停电前更换电池或充电",
  },
  RelayStuck: {
    en: "take the board's power away and give it back; if the relay stays so, replace the board: until then the lock is not ours",
    zh: "将控制板断电后重新上电；若继电器仍无变化，请更换控制板：在此之前门锁不受控制",
  },
  TrustListEnding: {
    en: "ask the root holders for the next trust list; behind the end of this one doors go by their stale policy",
    zh: "请向根密钥持有人索取下一份信任列表；到期后各门按名单过期策略处理",
  },
} as const satisfies Record<string, { readonly en: string; readonly zh: string }>;
export type HealthFinding = keyof typeof HEALTH_FINDING;
export const HEALTH_FINDINGS = Object.keys(HEALTH_FINDING) as readonly HealthFinding[];
