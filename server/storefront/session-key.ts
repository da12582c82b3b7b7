/**
 * A session's number, 0..2^53-1: a hash of its id and of the time at which it began (an id may
 * come back after silence, as another session). Who plays the log again gets the same numbers,
 * whatever else it keeps; among 10 million sessions two share one with probability 0.006.
 */
export function sessionKey(id: string, beganMs: number): number {
  // cyrb53: two 32-bit multiply-xor hashes over the same characters.
  let a = 0xdead_beef ^ (beganMs % 2 ** 32);
  let b = 0x41c6_ce57 ^ Math.floor(beganMs / 2 ** 32);
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e37_79b1);
    b = Math.imul(b ^ code, 0x5f35_6495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85eb_ca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2_ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85eb_ca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2_ae35);
  return (b >>> 11) * 2 ** 32 + (a >>> 0);
}
