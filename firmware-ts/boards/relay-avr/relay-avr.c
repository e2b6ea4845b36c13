/*
 * Relay board for the ATmega328P at 16 MHz: eight relays, six contacts, two Wiegand readers, one serial line at 57,600 baud.
 *
 * What it promises, whatever comes over any wire:
 *   - every relay is off at reset, after SILENCE_MS without an undamaged frame of the host, and when this program hangs (watchdog, 250 ms);
 *   - a pulse lasts as many milliseconds as were asked for and never more than 0x12ffff; relays move at the turn of a millisecond alone;
 *   - a frame is obeyed once, however often it comes;
 *   - a reader that oscillates takes nothing from the relays, the line and the other reader.
 * docs/relay-avr.md describes the frames; the README beside this file has pins, fuses, and how to build it.
 *
 * The main loop polls the timer and the UART. Edges of the readers are the only interrupt, so that a pulse of 20 us is never missed. All of it has to fit
 * into 1 KiB: what is used most lives in registers and in GPIOR0 to 2, and the vectors that are never used hold the start.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>
#include <stdint.h>
#include <util/crc16.h>

/* Without an undamaged frame for so long the host is dead. */
#define SILENCE_MS 1000
/* The highest byte of the longest pulse: 20 minutes and 45 seconds, more than a door's longest release time. */
#define HOLD_HIGH_MAX 0x12
/* A Wiegand frame ends so long after its last bit; bits are at most 20 ms apart. */
#define GAP_MS 25
/* In place of a number of bits: some are missing. */
#define SPOILT 255
/* Edges of one reader in a millisecond. At its fastest, a bit every 200 us, it makes ten. */
#define EDGES_MAX 16

/* Port D: 0 and 1 the UART, 2 to 5 the readers' lines, 6 and 7 relays. Port B: relays 0 to 5. Port C: contacts. */
#define FIRST_READER 0x0c
#define SECOND_READER 0x30
#define LINES (FIRST_READER | SECOND_READER)
/* Of each pair the line that says 1. */
#define ONES 0x28
#define PULLED_UP (LINES | _BV(PD0))
#define RELAYS_B 0x3f
#define RELAYS_D 0xc0
#define CONTACTS 0x3f

#ifdef ACTIVE_LOW
#define LEVELS(on) ((uint8_t)~(on))
#define IS_ACTIVE_LOW 0x80
#else
#define LEVELS(on) (on)
#define IS_ACTIVE_LOW 0
#endif

#define CRC_START 0x1d0f
/* Host to board. */
enum { H_SYNC, H_NUMBER, H_SEEN, H_COMMAND, H_RELAYS, H_HOLD, H_CRC = H_HOLD + 3, HOST_BYTES = H_CRC + 2 };
#define HOST_SYNC 0xa5
enum { BEAT, HELLO, OFF, ON };
/* Board to host. */
enum { B_SYNC, B_FLAGS, B_NUMBER, B_RELAYS, B_REPORT, B_CONTACTS, B_READER, B_BITS, B_CARD, B_CRC = B_CARD + 8, BOARD_BYTES = B_CRC + 2 };
#define BOARD_SYNC 0x5a
/* Bits 0 to 3 are those of MCUSR: the cause of the last reset. */
#define UNGREETED 0x10
#define VERSION_1 0x20

/* What a reader says. */
struct reader {
  uint8_t low;     /* those of its lines that are low */
  uint8_t quiet;   /* milliseconds since the last bit, up to GAP_MS */
  uint8_t bits;    /* so far */
  uint8_t card[8]; /* as one number, the last bit lowest */
};

/* All of the memory. It is within reach of one pointer, and 0 at the start. */
struct board {
  uint16_t heard; /* milliseconds until the host counts as dead */
  uint8_t window[HOST_BYTES];
  uint8_t frame[BOARD_BYTES];
  uint8_t contactsBefore;
  __uint24 holds[8]; /* milliseconds; 0: for good */
  struct reader readers[2];
};
#define board ((struct board *)0x100)
/* Levels of the readers' lines, one byte an edge; the interrupt writes, the main loop reads. */
#define EDGES_HIGH 2
#define edges ((volatile uint8_t *)(EDGES_HIGH << 8))
#define MEMORY_END_HIGH 3

register uint8_t written asm("r2");
register uint8_t seen asm("r3");
/* How many edges each reader may still make in this millisecond. */
register uint8_t firstLeft asm("r4");
register uint8_t secondLeft asm("r5");
register uint8_t taken asm("r6");
register uint8_t relays asm("r7");   /* energised from the next millisecond on */
register uint8_t sent asm("r8");     /* bytes of the frame that have left */
register uint8_t contacts asm("r9"); /* closed ones */
/* The interrupt's own. */
register uint8_t keptFlags asm("r15");
register uint8_t scratch asm("r16");
register uint8_t scratch2 asm("r17");

#define state GPIOR0
#define IS_DUE 1    /* the host is to be sent a frame */
#define IS_UNSEEN 2 /* the report in the frame is not acknowledged */
#define IS_VOID 4   /* whatever was reported counts no more */
#define flags GPIOR1
#define number GPIOR2 /* of the last frame that was obeyed */

/*
 * Vector 0, the start, reaches into the vectors 1 to 4, which are never used; vector 5 is that of the readers' edges.
 * An edge counts when the line is still there some microseconds later; a spike is charged to both readers.
 */
__attribute__((naked, used, section(".vectors"))) void vectors(void) {
  asm volatile(
      "clr r1\n"
      "ldi r30, 0\n"
      "ldi r31, 1\n"
      "0: st Z+, r1\n"
      "cpi r31, %[end]\n"
      "brne 0b\n"
      "rjmp main\n"
      ".org 0x14\n"
      "in r15, __SREG__\n"
      "in r16, %[pins]\n"
      "ldi r17, 10\n"
      "1: dec r17\n"
      "brne 1b\n"
      "in r17, %[pins]\n"
      "eor r16, r3\n"
      "eor r17, r3\n"
      "and r16, r17\n"
      "andi r16, %[lines]\n"
      "brne 2f\n"
      "ldi r16, %[lines]\n"
      "rjmp 3f\n"
      "2: eor r3, r16\n"
      "push r30\n"
      "push r31\n"
      "mov r30, r2\n"
      "ldi r31, %[edgesHigh]\n"
      "st Z, r3\n"
      "pop r31\n"
      "pop r30\n"
      "inc r2\n"
      "3: mov r17, r16\n"
      "andi r17, %[first]\n"
      "breq 4f\n"
      "dec r4\n"
      "brne 4f\n"
      "lds r17, %[mask]\n"
      "andi r17, %[second]\n"
      "sts %[mask], r17\n"
      "4: andi r16, %[second]\n"
      "breq 5f\n"
      "dec r5\n"
      "brne 5f\n"
      "lds r17, %[mask]\n"
      "andi r17, %[first]\n"
      "sts %[mask], r17\n"
      "5: out __SREG__, r15\n"
      "reti\n"
      :
      : [end] "M"(MEMORY_END_HIGH), [pins] "I"(_SFR_IO_ADDR(PIND)), [lines] "M"(LINES), [edgesHigh] "M"(EDGES_HIGH), [first] "M"(FIRST_READER),
        [second] "M"(SECOND_READER), [mask] "n"(_SFR_MEM_ADDR(PCMSK2)));
}

static __attribute__((noinline)) uint16_t crcOf(const uint8_t *byte, uint8_t count) {
  uint16_t crc = CRC_START;
  do crc = _crc_xmodem_update(crc, *byte++);
  while (--count);
  return crc;
}

/* What an edge means to the readers. */
static inline void take(void) {
  uint8_t now = ~edges[taken];
  taken++;
  uint8_t own = FIRST_READER;
  struct reader *reader = board->readers;
  for (;;) {
    uint8_t low = now & own;
    uint8_t fallen = low & ~reader->low;
    reader->low = low;
    if (fallen) {
      if (reader->quiet == GAP_MS) reader->bits = 0;
      reader->quiet = 0;
      if (low == own) reader->bits = SPOILT;
      if (reader->bits != SPOILT) reader->bits++;
      uint8_t carry = (fallen & ONES) != 0;
      uint8_t *byte = reader->card + 8;
      do {
        uint8_t before = *--byte;
        *byte = before << 1 | carry;
        carry = before >> 7;
      } while (byte != reader->card);
    }
    if (own == SECOND_READER) return;
    own = SECOND_READER;
    reader++;
  }
}

/* Writes the report anew when there is something to tell; not while the frame is being sent. */
static void report(void) {
  uint8_t isNews = (state & IS_VOID) | (contacts ^ board->frame[B_CONTACTS]);
  board->frame[B_BITS] = 0;
  struct reader *reader = board->readers;
  uint8_t which = 0;
  do {
    uint8_t bits = reader->bits;
    if (bits && reader->quiet == GAP_MS) {
      reader->bits = 0;
      if (!(state & IS_VOID)) {
        board->frame[B_READER] = which;
        board->frame[B_BITS] = bits;
        uint8_t *from = reader->card;
        uint8_t *to = &board->frame[B_CARD];
        do *to++ = *from++;
        while (to != &board->frame[B_CRC]);
        isNews = 1;
        break;
      }
    }
    reader++;
  } while (!which++);
  if (!isNews) return;
  board->frame[B_CONTACTS] = contacts;
  board->frame[B_REPORT]++;
  state = IS_UNSEEN | IS_DUE;
}

/* Once a millisecond. */
static inline void tick(void) {
  uint8_t levels = LEVELS(relays);
  PORTB = levels;
  PORTD = (levels & RELAYS_D) | PULLED_UP;
  wdt_reset();

  if (relays) {
    __uint24 *hold = board->holds;
    uint8_t bit = 1;
    do {
      if (*hold && --*hold == 0) relays &= ~bit;
      hold++;
      bit <<= 1;
    } while (bit);
  }

  if (board->heard == 0) {
    relays = 0;
    flags |= UNGREETED;
  } else if (((uint8_t)--board->heard & 31) == 0 && state & IS_UNSEEN) {
    state |= IS_DUE;
  }

  /* What a contact says twice running counts. */
  uint8_t now = ~PINC & CONTACTS;
  uint8_t changed = now ^ board->contactsBefore;
  board->contactsBefore = now;
  contacts = (contacts & changed) | (now & ~changed);

  struct reader *reader = board->readers;
  uint8_t own = FIRST_READER;
  for (;;) {
    if (reader->quiet != GAP_MS) reader->quiet++;
    if (!(PCMSK2 & own)) {
      reader->bits = SPOILT;
      reader->quiet = 0;
    }
    if (own == SECOND_READER) break;
    own = SECOND_READER;
    reader++;
  }
  if (!(state & IS_UNSEEN) && sent == BOARD_BYTES) report();

  cli();
  firstLeft = secondLeft = EDGES_MAX;
  if (PCMSK2 != LINES) {
    PCMSK2 = LINES;
    seen = PIND;
    edges[written] = seen;
    written++;
  }
  sei();
}

/* An undamaged frame of the host. What cannot be done is not acknowledged. */
static inline void obey(void) {
  board->heard = SILENCE_MS;
  state |= IS_DUE;
  if (board->window[H_SEEN] == board->frame[B_REPORT]) state &= ~IS_UNSEEN;
  uint8_t command = board->window[H_COMMAND];
  if (command == HELLO) {
    flags &= ~UNGREETED;
    state |= IS_VOID;
  } else if (board->window[H_NUMBER] == number) {
    return;
  }
  if (command >= OFF) {
    if (command > ON || flags & UNGREETED || board->window[H_HOLD + 2] > HOLD_HIGH_MAX) return;
    uint8_t which = board->window[H_RELAYS];
    relays |= which;
    if (command == OFF) relays ^= which;
    __uint24 *hold = board->holds;
    uint8_t bit = 1;
    do {
      if (which & bit) *hold = *(__uint24 *)&board->window[H_HOLD];
      hold++;
      bit <<= 1;
    } while (bit);
  }
  number = board->window[H_NUMBER];
}

static inline void send(void) {
  if (sent != BOARD_BYTES) {
    if (UCSR0A & _BV(UDRE0)) {
      UDR0 = board->frame[sent];
      sent++;
    }
    return;
  }
  if (state & IS_VOID) report();
  if (!(state & IS_DUE)) return;
  state &= ~IS_DUE;
  if (!board->heard) return;
  board->frame[B_SYNC] = BOARD_SYNC;
  board->frame[B_FLAGS] = flags;
  board->frame[B_NUMBER] = number;
  board->frame[B_RELAYS] = relays;
  uint16_t crc = crcOf(board->frame, B_CRC);
  board->frame[B_CRC] = crc >> 8;
  board->frame[B_CRC + 1] = crc;
  sent = 0;
}

static inline void receive(void) {
  if (!(UCSR0A & _BV(RXC0))) return;
  uint8_t *byte = board->window;
  do {
    byte[0] = byte[1];
    byte++;
  } while (byte != &board->window[HOST_BYTES - 1]);
  *byte = UDR0;
  /* Over a frame and its own CRC it is 0. */
  if (board->window[H_SYNC] == HOST_SYNC && crcOf(board->window, HOST_BYTES) == 0) obey();
}

__attribute__((used)) int main(void) {
  /* The watchdog first: from here on nothing hangs for long. */
  flags = MCUSR | VERSION_1 | IS_ACTIVE_LOW;
  MCUSR = 0;
  wdt_enable(WDTO_250MS);
  relays = 0;
  written = taken = 0;
  sent = BOARD_BYTES;
  PORTC = CONTACTS;
  PORTB = LEVELS(0);
  PORTD = (LEVELS(0) & RELAYS_D) | PULLED_UP;
  DDRB = RELAYS_B;
  DDRD = RELAYS_D;
  UBRR0L = 34;
  UCSR0A = _BV(U2X0);
  UCSR0B = _BV(RXEN0) | _BV(TXEN0);
  OCR1A = 249;
  TCCR1B = _BV(WGM12) | _BV(CS11) | _BV(CS10);
  seen = LINES;
  PCMSK2 = LINES;
  PCICR = _BV(PCIE2);
  for (;;) {
    if (TIFR1 & _BV(OCF1A)) {
      TIFR1 = _BV(OCF1A);
      tick();
    }
    if (taken != written) take();
    receive();
    send();
  }
}
