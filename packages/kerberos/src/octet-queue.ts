/** Octets that came in and were not yet taken. Takes time in proportion to them, however they are cut. */
export class OctetQueue {
  #room: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;

  get octets(): number {
    return this.#to - this.#from;
  }

  append(octets: Uint8Array): void {
    if (this.#to + octets.length > this.#room.length) this.#grow(octets.length);
    this.#room.set(octets, this.#to);
    this.#to += octets.length;
  }

  /** The first four octets as a number, most significant first; `undefined` while there are fewer. */
  peekUint32(): number | undefined {
    if (this.octets < 4) return undefined;
    return new DataView(this.#room.buffer, this.#from, 4).getUint32(0);
  }

  /** Takes so many octets, which must be there. */
  take(octets: number): Uint8Array {
    const taken = this.#room.slice(this.#from, this.#from + octets);
    this.#from += octets;
    return taken;
  }

  clear(): void {
    this.#room = new Uint8Array(0);
    this.#from = 0;
    this.#to = 0;
  }

  #grow(octets: number): void {
    const held = this.#room.subarray(this.#from, this.#to);
    const needed = held.length + octets;
    // Twice as much as is needed: each octet is moved a bounded number of times.
    const room = new Uint8Array(needed * 2);
    room.set(held);
    this.#room = room;
    this.#from = 0;
    this.#to = held.length;
  }
}
